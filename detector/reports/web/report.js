// The report: the list, the documents, and the way between them. In an audit, people's answers as well.
'use strict';

const AUDIT = document.body.dataset.audit !== undefined;
const KEPT_CHUNKS = 4;

// Texts lie in the file packed, and are unpacked when a document is opened.
class Documents {
  constructor() {
    this.chunks = [...document.querySelectorAll('script.chunk')];
    this.open = new Map();
  }

  async view(row) {
    if (!this.open.has(row.chunk)) {
      this.open.set(row.chunk, this.unpack(this.chunks[row.chunk].textContent));
      if (this.open.size > KEPT_CHUNKS) this.open.delete(this.open.keys().next().value);
    }
    return (await this.open.get(row.chunk))[row.inChunk];
  }

  async unpack(packed) {
    const bytes = Uint8Array.from(atob(packed), one => one.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate'));
    return JSON.parse(await new Response(stream).text());
  }
}

function readRows() {
  const rows = [];
  for (const [chunk, script] of [...document.querySelectorAll('script.rows')].entries()) {
    JSON.parse(script.textContent).forEach(([verdict, probability, words, findings, id, source, group, spark, swaps], inChunk) => {
      rows.push({ at: rows.length, chunk, inChunk, verdict, probability, words, findings, id, source, group, spark, swaps });
    });
  }
  return rows;
}

const name = row => row.id || row.source;
const values = spark => (spark.match(/../g) || []).map(Number);

const COLUMNS = [
  { name: 'verdict-cell', title: 'Verdict', key: row => RANK[row.verdict] * 2 - (row.probability || 0), cell: row => label(row.verdict) },
  { name: 'probability-cell', title: 'Probability', key: row => row.probability, down: true, cell: row => probability(row.probability) },
  { name: 'spark-cell', title: 'Text', cell: row => row.spark ? sparkline(values(row.spark)) : '' },
  { name: 'name-cell', title: 'Document', key: row => name(row).toLowerCase(), cell: row => [
    el('span', { class: 'name' }, shown(name(row)), row.id && row.id !== row.source ? el('span', { class: 'faint' }, ` ${shown(row.source)}`) : null),
    row.swaps ? el('span', { class: 'swaps' }, shown(row.swaps)) : null] },
  { name: 'words-cell', title: 'Words', key: row => row.words, down: true, cell: row => number(row.words) },
  { name: 'findings-cell', title: 'Findings', key: row => row.findings, down: true, cell: row => number(row.findings) },
];
const ANSWER = { name: 'verdict-cell', title: 'Answer', key: row => answers.of(row) || '~', cell: row => el('span', { class: `verdict answer-${answers.of(row) || 'none'}` }, answers.of(row) || 'to do') };
const AUDITED = [ANSWER, ...COLUMNS.slice(3, 5)];

class Report {
  constructor() {
    this.documents = new Documents();
    this.rows = readRows();
    this.main = document.getElementById('report');
    this.place = document.getElementById('document');
    this.told = document.getElementById('told');
    this.view = new DocumentView(document.getElementById('view'), new Tip(this.place));
    this.grid = new Grid(document.getElementById('list'), AUDIT ? AUDITED : COLUMNS, this.rows, row => { location.hash = `document-${row.at + 1}`; });
    for (const place of document.querySelectorAll('[data-put]')) {
      place.replaceWith(document.getElementById(place.dataset.put)?.content.cloneNode(true) || '');
    }
    this.filters();
    if (AUDIT) this.grid.arrange(); else this.grid.sort(COLUMNS[0], false);
    this.apply();
    for (const [id, step] of [['previous', -1], ['next', 1]]) document.getElementById(id).addEventListener('click', () => this.step(step));
    document.getElementById('back').addEventListener('click', () => { location.hash = ''; });
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !this.place.hidden) location.hash = '';
    });
    addEventListener('hashchange', () => this.route());
    this.route();
    document.body.dataset.ready = performance.now().toFixed(0);
  }

  filters() {
    this.search = document.getElementById('search');
    this.search.addEventListener('input', () => this.apply());
    this.verdicts = new Set();
    const place = document.getElementById('verdicts');
    const kinds = AUDIT ? ['spun', 'honest', 'unsure', 'to do'] : Object.keys(RANK);
    for (const kind of kinds) {
      const button = el('button', { type: 'button', 'aria-pressed': 'false', onclick: () => {
        if (!this.verdicts.delete(kind)) this.verdicts.add(kind);
        button.setAttribute('aria-pressed', String(this.verdicts.has(kind)));
        this.apply();
      } });
      button.dataset.kind = kind;
      place.append(button);
    }
    this.source = document.getElementById('source');
    const groups = new Map();
    for (const row of this.rows) groups.set(row.group, (groups.get(row.group) || 0) + 1);
    if (groups.size < 2) this.source.closest('label').hidden = true;
    else {
      const sorted = [...groups].sort((one, other) => other[1] - one[1] || (one[0] < other[0] ? -1 : 1)).slice(0, 1000);
      this.source.append(...sorted.map(([group, amount]) => el('option', { value: group }, `${shown(group) || '(not told)'} (${number(amount)})`)));
    }
    this.source.addEventListener('change', () => this.apply());
    this.recount();
  }

  kind(row) { return AUDIT ? answers.of(row) || 'to do' : row.verdict; }

  recount() {
    const counts = {};
    for (const row of this.rows) counts[this.kind(row)] = (counts[this.kind(row)] || 0) + 1;
    for (const button of document.getElementById('verdicts').children) {
      const kind = button.dataset.kind;
      button.replaceChildren(el('span', { class: `key ${kind}`, 'aria-hidden': 'true' }), `${kind} ${number(counts[kind] || 0)}`);
      button.hidden = !AUDIT && !counts[kind];
    }
  }

  apply() {
    const words = this.search.value.toLowerCase().split(/\s+/).filter(Boolean);
    const group = this.source.selectedIndex > 0 ? this.source.value : null;
    this.grid.filter(row => (!this.verdicts.size || this.verdicts.has(this.kind(row)))
      && (group === null || row.group === group)
      && words.every(word => (row.find ??= `${row.id} ${row.source} ${row.swaps}`.toLowerCase()).includes(word)));
    const amount = this.grid.shownRows.length;
    this.told.textContent = amount === this.rows.length ? count(amount, 'document') : `${number(amount)} of ${count(this.rows.length, 'document')}`;
    document.getElementById('none').hidden = amount > 0;
  }

  async route() {
    const found = /^#document-(\d+)$/.exec(location.hash);
    const row = found && this.rows[Number(found[1]) - 1];
    if (!row) {
      const was = !this.place.hidden;
      this.place.hidden = true;
      this.main.hidden = false;
      this.view.tip.hide();
      if (was) { this.grid.refresh(); this.grid.focus(); window.scrollTo(0, this.scrolled || 0); }
      return;
    }
    if (!this.main.hidden) this.scrolled = window.scrollY;
    this.row = row;
    const view = await this.documents.view(row);
    if (this.row !== row) return;
    this.main.hidden = true;
    this.place.hidden = false;
    this.view.show(view, AUDIT ? { blind: true, extra: answers.buttons(row) } : {});
    const at = this.grid.shownRows.indexOf(row);
    document.getElementById('position').textContent = at < 0 ? '' : `${number(at + 1)} of ${number(this.grid.shownRows.length)}`;
    document.getElementById('previous').disabled = at <= 0;
    document.getElementById('next').disabled = at < 0 || at + 1 >= this.grid.shownRows.length;
    if (at >= 0) this.grid.setActive(at);
    window.scrollTo(0, 0);
    document.getElementById('document-title').focus({ preventScroll: true });
  }

  step(by) {
    const row = this.grid.shownRows[this.grid.shownRows.indexOf(this.row) + by];
    if (row) location.hash = `document-${row.at + 1}`;
  }
}
