// Opens a report offline in a real browser, checks it, and takes pictures.
//
//   node look.mjs CHROMIUM REPORT FOLDER [charts] [kernels] [images]
//
// What is named last must be on the page.
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const [executablePath, report, folder, ...wanted] = process.argv.slice(2);
if (!folder) throw new Error('say which report and where the pictures go');

const address = pathToFileURL(resolve(report)).href;
const faults = [];
const expect = (truth, words) => { if (!truth) faults.push(words); };

const looks = [
  { name: 'wide-light', width: 1280, colorScheme: 'light' },
  { name: 'wide-dark', width: 1280, colorScheme: 'dark' },
  { name: 'narrow-light', width: 390, colorScheme: 'light' },
  { name: 'narrow-dark', width: 390, colorScheme: 'dark' },
];

// What the page holds, once all charts are drawn.
const survey = () => {
  const shown = (element) => element.getBoundingClientRect().width > 0;
  const charts = [...document.querySelectorAll('.chart')].map((chart) => ({
    name: chart.closest('figure').id,
    state: chart.dataset.state,
    marks: [...chart.querySelectorAll('g[class*="mark-"] > *')]
      .filter((mark) => mark.tagName !== 'g' && !mark.closest('.role-axis, .role-legend, .role-title, .background'))
      .length,
    wider: chart.scrollWidth - chart.clientWidth,
  }));
  return {
    charts,
    figures: document.querySelectorAll('figure').length,
    tables: [...document.querySelectorAll('figure')].every((figure) =>
      figure.querySelector(':is(details, .listing) table tbody tr') || figure.querySelector('.empty')),
    kernels: [...document.querySelectorAll('svg.kernels')].map((wall) => ({
      steps: wall.querySelectorAll('path[class^="k"]').length, shown: shown(wall) })),
    images: [...document.querySelectorAll('.images img')].map((image) => image.naturalWidth),
    headings: [...document.querySelectorAll('h1, h2, h3, h4')].map((it) => +it.tagName[1]),
    ids: [...document.querySelectorAll('[id]')].map((element) => element.id),
    links: [...document.querySelectorAll('a[href]')].map((link) => link.getAttribute('href')),
    overflow: document.documentElement.scrollWidth - innerWidth,
    paper: getComputedStyle(document.body).backgroundColor,
  };
};

const check = (name, page) => {
  for (const kind of wanted) expect(page[kind]?.length > 0, `${name}: there are no ${kind}`);
  for (const chart of page.charts) {
    expect(chart.state === 'drawn', `${name}: chart ${chart.name} is ${chart.state}`);
    expect(chart.marks > 0, `${name}: chart ${chart.name} has no marks`);
    expect(chart.wider <= 1, `${name}: chart ${chart.name} is ${chart.wider} px too wide`);
  }
  expect(page.tables, `${name}: a figure has no table behind it`);
  for (const wall of page.kernels) expect(wall.steps > 0 && wall.shown, `${name}: an empty kernel wall`);
  for (const width of page.images) expect(width > 0, `${name}: a sample image is broken`);
  expect(page.overflow <= 0, `${name}: the body is ${page.overflow} px wider than the window`);
  expect(page.headings.filter((level) => level === 1).length === 1, `${name}: not one h1`);
  page.headings.reduce((above, level) => {
    expect(level <= above + 1, `${name}: an h${level} follows an h${above}`);
    return level;
  }, 0);
  const ids = new Set(page.ids);
  expect(ids.size === page.ids.length, `${name}: two elements have one id`);
  for (const link of page.links) expect(ids.has(link.slice(1)), `${name}: ${link} leads nowhere`);
};

const profile = await mkdtemp(join(tmpdir(), 'convscope-page-'));
await mkdir(folder, { recursive: true });
const browser = await chromium.launchPersistentContext(profile, {
  executablePath, headless: true, offline: true,
  args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});

try {
  for (const look of looks) {
    const page = await browser.newPage();
    await page.setViewportSize({ width: look.width, height: 900 });
    await page.emulateMedia({ colorScheme: look.colorScheme });
    page.on('request', (request) => {
      const asked = request.url();
      expect(asked === address || asked.startsWith('data:'), `${look.name}: the page asked for ${asked.slice(0, 200)}`);
    });
    page.on('console', (message) => expect(!['error', 'warning'].includes(message.type()),
      `${look.name}: the console says: ${message.text()}`));
    page.on('pageerror', (error) => faults.push(`${look.name}: ${error.message}`));
    await page.goto(address);
    const drawn = () => document.documentElement.dataset.charts === 'drawn';
    await page.waitForFunction(drawn, null, { timeout: 120_000 });
    const found = await page.evaluate(survey);
    check(look.name, found);
    if (look === looks[0]) console.log(`${found.figures} figures, ${found.charts.length} charts, `
      + `${found.kernels.length} kernel panels, ${found.images.length} images`);
    await page.screenshot({ path: join(folder, `${look.name}.png`), fullPage: true });
    if (look.name === 'wide-light') {
      await page.click('.theme');
      await page.waitForFunction(drawn, null, { timeout: 120_000 });
      const dark = await page.evaluate(survey);
      check('after the switch to dark', dark);
      expect(dark.paper !== found.paper, 'the switch does not change the theme');
      await page.evaluate(() => localStorage.clear());
    }
    await page.close();
  }
} finally {
  await browser.close();
  await rm(profile, { recursive: true, force: true });
}

for (const fault of new Set(faults)) console.error(`✗ ${fault}`);
if (faults.length > 0) process.exit(1);
console.log('✓ the page is whole: no request, no error, every chart drawn, in light and dark, wide and narrow');
