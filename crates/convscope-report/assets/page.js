// Draws the charts of the page, one after the other, nearest first, and again when the width or
// the theme changes. Everything it needs is in the page.
(() => {
  'use strict';
  const root = document.documentElement;
  const themes = JSON.parse(document.getElementById('themes').textContent);
  const prefersDark = matchMedia('(prefers-color-scheme: dark)');
  const remembered = {
    get: () => { try { return localStorage.getItem('convscope-theme'); } catch { return null; } },
    set: (name) => { try { localStorage.setItem('convscope-theme', name); } catch { /* private */ } },
  };

  const themeName = () => root.dataset.theme ?? (prefersDark.matches ? 'dark' : 'light');

  // What stands at @name in a specification is a colour of the theme.
  const parsed = (text, colours) => JSON.parse(text, (_, value) =>
    typeof value === 'string' && value.startsWith('@') ? colours[value] ?? value : value);

  const charts = [...document.querySelectorAll('.chart')].map((box) => {
    const content = JSON.parse(box.querySelector('script').textContent);
    box.dataset.state = 'waiting';
    return {
      box, canvas: box.querySelector('.canvas'), name: content.name,
      text: JSON.stringify(content.spec), fields: content.fields, titles: content.titles,
      rows: content.rows, view: null, near: false, spare: 0,
    };
  });

  // As few columns as the same number of rows needs.
  const balanced = (panels, most) => Math.ceil(panels / Math.ceil(panels / most));

  // Puts panels in columns; below an unfinished last row each column has its own axis.
  const arrange = (spec, panels, columns) => {
    spec.columns = columns;
    spec.resolve = panels % columns === 0 ? {} : { axis: { x: 'independent' } };
  };

  // Gives a chart the width of its place. `spare` is what earlier drawings left over.
  const fitted = (spec, room, spare) => {
    const { layout, panels, least, across, cell, letters } = spec.usermeta.convscope;
    const legend = { columns: Math.max(1, Math.floor(room / (7.2 * letters + 42))) };
    if (layout === 'cells') {
      const most = Math.max(1, Math.min(panels, Math.floor((room + 22) / (across * cell + 100))));
      const columns = balanced(panels, most);
      const step = Math.max(34, Math.min(cell, (room - 100 * columns) / (across * columns)));
      const panel = spec.spec ?? spec;
      panel.width = { step };
      if (step < cell) panel.layer.forEach((layer) => { layer.encoding.x.axis.labelAngle = -45; });
      if (spec.facet) arrange(spec, panels, columns);
      return { spec, legend };
    }
    if (!spec.facet) {
      spec.width = room;
      spec.height = Math.round(Math.max(230, least + 60, Math.min(360, room * 0.46)));
      spec.autosize = { type: 'fit', contains: 'padding' };
      return { spec, legend };
    }
    const most = Math.max(1, Math.min(panels, 3, Math.floor(room / 250)));
    const columns = balanced(panels, most);
    const width = (room - 60 - 22 * (columns - 1) + spare) / columns;
    arrange(spec, panels, columns);
    spec.spec.width = Math.floor(width);
    spec.spec.height = Math.round(Math.max(150, least, Math.min(240, width * 0.72)));
    return { spec, legend };
  };

  const embed = async (chart, again) => {
    const { colours, config } = themes[themeName()];
    const room = chart.box.clientWidth;
    const { spec, legend } = fitted(parsed(chart.text, colours), room, chart.spare);
    const objects = chart.rows.map((row) =>
      Object.fromEntries(chart.fields.map((field, place) => [field, row[place]])));
    chart.view?.finalize();
    chart.view = (await vegaEmbed(chart.canvas, { ...spec, data: { name: 'averages', values: objects } }, {
      mode: 'vega-lite', renderer: 'svg', actions: false, ast: true, defaultStyle: false,
      tooltip: { theme: themeName() },
      config: { ...config, legend: { ...config.legend, ...legend } },
    })).view;
    const drawn = chart.canvas.querySelector('svg');
    const left = room - (drawn ? drawn.getBoundingClientRect().width : room);
    if (spec.facet && Math.abs(left) > 3 && !again && spec.usermeta.convscope.layout === 'fill') {
      chart.spare += left;
      await embed(chart, true);
    }
    chart.width = room;
    chart.theme = themeName();
  };

  const draw = async (chart) => {
    try {
      await embed(chart);
      chart.box.dataset.state = 'drawn';
      addTools(chart);
    } catch (error) {
      chart.box.dataset.state = 'failed';
      chart.canvas.textContent = `This chart could not be drawn: ${error.message}`;
      console.error(error);
    }
  };

  const stale = (chart) => chart.box.dataset.state === 'waiting' || chart.box.dataset.state === 'drawn' &&
    (chart.theme !== themeName() || Math.abs(chart.width - chart.box.clientWidth) > 2);

  let drawing = false;
  const drawAll = async () => {
    if (drawing) return;
    drawing = true;
    root.dataset.charts = 'drawing';
    for (;;) {
      const waiting = charts.filter(stale);
      if (waiting.length === 0) break;
      await draw(waiting.find((chart) => chart.near) ?? waiting[0]);
      await new Promise((resume) => setTimeout(resume));
    }
    drawing = false;
    root.dataset.charts = 'drawn';
  };

  // Saving: the picture as it is shown, and the numbers behind it.
  const save = (name, address) => {
    const link = document.createElement('a');
    Object.assign(link, { download: name, href: address });
    link.click();
  };
  const csv = ({ titles, rows }) => [titles, ...rows].map((row) => row.map((cell) => {
    const text = cell === null ? '' : String(cell);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  }).join(',') + '\n').join('');
  const addTools = (chart) => {
    if (chart.tools) return;
    chart.tools = document.createElement('div');
    chart.tools.className = 'tools';
    const tool = (name, task) => {
      const button = document.createElement('button');
      button.type = 'button';
      button.textContent = `Save ${name}`;
      button.addEventListener('click', task);
      chart.tools.append(button);
    };
    const picture = (kind, scale) => async () =>
      save(`${chart.name}.${kind}`, await chart.view.toImageURL(kind, scale));
    tool('SVG', picture('svg'));
    tool('PNG', picture('png', 2));
    tool('CSV', () => save(`${chart.name}.csv`, `data:text/csv,${encodeURIComponent(csv(chart))}`));
    chart.box.closest('figure').append(chart.tools);
  };

  const button = document.querySelector('.theme');
  const name = () => { button.textContent = themeName() === 'dark' ? 'Light' : 'Dark'; };
  if (remembered.get()) root.dataset.theme = remembered.get();
  button.hidden = false;
  name();
  button.addEventListener('click', () => {
    root.dataset.theme = themeName() === 'dark' ? 'light' : 'dark';
    remembered.set(root.dataset.theme);
    name();
    drawAll();
  });
  prefersDark.addEventListener('change', () => { name(); drawAll(); });

  const watch = new IntersectionObserver((entries) => entries.forEach((entry) => {
    charts.find((chart) => chart.box === entry.target).near = entry.isIntersecting;
  }), { rootMargin: '60% 0px' });
  charts.forEach((chart) => watch.observe(chart.box));
  let settling;
  addEventListener('resize', () => {
    clearTimeout(settling);
    settling = setTimeout(drawAll, 150);
  });
  // Text is measured in its typeface, so that must be there first.
  Promise.all(['400 12px Inter', '600 12px Inter'].map((face) => document.fonts.load(face)))
    .then(drawAll, drawAll);
})();
