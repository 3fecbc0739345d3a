#!/bin/sh
# Remakes vendor/ and fonts/ from the exact versions in package-lock.json.
# Needs npm, and Python with fonttools and brotli (4.68 and 1.2) for the fonts.
set -eu
cd "$(dirname "$0")"
npm ci --ignore-scripts
mkdir -p vendor fonts

for library in vega vega-lite vega-embed; do
    # The map is not shipped, so the line that names it would only be a broken link.
    sed '/^\/\/# sourceMappingURL=/d' \
        "node_modules/$library/build/$library.min.js" > "vendor/$library.min.js"
    cp "node_modules/$library/LICENSE" "vendor/$library.LICENSE"
done

# Latin, Greek, super- and subscripts, arrows, mathematics, shapes: what titles and axes need.
letters="20-7E,A0-17F,370-3FF,2010-2027,202F,2030-203A,2070-209F,20AC,2122,2190-2195,2200-2265,25A0-25FF,2713,2717"
for weight in Regular SemiBold; do
    whole="node_modules/inter-ui/web/Inter-$weight.ttf"
    fonttools ttLib.woff2 decompress -o "$whole" "${whole%.ttf}.woff2"
    # For static figures, without layout features: a width is the sum of the glyphs' widths.
    pyftsubset "$whole" --unicodes="$letters" --layout-features="" --name-IDs="*" \
        --no-hinting --desubroutinize --output-file="fonts/Inter-$weight.ttf"
    # For pages, with digits of one width for tables.
    pyftsubset "$whole" --unicodes="$letters" --layout-features="kern,tnum" \
        --no-hinting --desubroutinize --flavor=woff2 --output-file="fonts/Inter-$weight.woff2"
done
cp node_modules/inter-ui/LICENSE.txt fonts/Inter.LICENSE

for weight in 400 600; do
    cp "node_modules/@fontsource/literata/files/literata-latin-$weight-normal.woff2" \
        "fonts/Literata-$weight.woff2"
done
cp node_modules/@fontsource/literata/LICENSE fonts/Literata.LICENSE
