// Runs before the chart library, in an engine that is no browser: what the library expects.
globalThis.setTimeout = (task) => { Promise.resolve().then(task); return 0; };
globalThis.clearTimeout = () => {};
globalThis.console = { log() {}, warn() {}, error() {}, info() {}, debug() {} };
globalThis.performance = { now: () => 0 };
globalThis.structuredClone = (value) =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

// Turns a Vega-Lite specification into SVG. What the library warns of is an error here: a chart
// that is not drawn as it was meant is not drawn.
globalThis.convscopeDraw = (text) => {
  const outcome = { svg: null, error: null };
  const complain = (...words) => { outcome.error ??= words.join(' '); return logger; };
  const quiet = () => logger;
  const logger = { level: quiet, error: complain, warn: complain, info: quiet, debug: quiet };
  const fail = (error) => complain(error && error.message ? error.message : String(error));
  try {
    // Names inside an SVG are counted; each chart starts anew.
    vega.resetSVGDefIds();
    const { spec } = vegaLite.compile(JSON.parse(text), { logger });
    vega.textMetrics.width = (item, text) => measure(item, text);
    const view = new vega.View(vega.parse(spec), { renderer: 'none', logger });
    view.toSVG().then((svg) => { outcome.svg = svg; }, fail);
  } catch (error) {
    fail(error);
  }
  return outcome;
};

const measure = (item, text) => {
  const words = Array.isArray(text) ? text.join('') : text == null ? '' : String(text);
  const weight = item.fontWeight;
  const heavy = weight === 'bold' || +weight >= 600;
  return convscopeWidth(words, heavy) * (item.fontSize ?? 11);
};
