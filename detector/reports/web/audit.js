// People's answers: kept by the browser until the sheet is saved, and written as `detector audit` writes its sheets.
'use strict';

const SHEET = JSON.parse(document.getElementById('sheet').textContent);  // columns, rows, formula, name
const KEYS = { s: 'spun', h: 'honest', u: 'unsure' };

class Answers {
  constructor() {
    this.place = `unspun audit ${document.body.dataset.audit}`;
    this.given = {};
    try { this.given = JSON.parse(localStorage.getItem(this.place)) || {}; } catch { /* a browser that keeps nothing */ }
    this.unsaved = false;
    this.kept = true;  // by the browser
    addEventListener('beforeunload', event => { if (this.unsaved && !this.kept) event.preventDefault(); });
    document.addEventListener('keydown', event => {
      if (event.ctrlKey || event.metaKey || event.altKey || /^(input|select|textarea)$/i.test(event.target.tagName)) return;
      if (document.getElementById('document').hidden || !KEYS[event.key]) return;
      // An answer that comes before the next document is shown would be the last one's, once more.
      if (location.hash === `#document-${report.row.at + 1}`) this.give(report.row, KEYS[event.key]);
    });
    for (const kind of ['csv', 'jsonl']) document.getElementById(`save-${kind}`).addEventListener('click', () => this.save(kind));
  }

  of(row) { return this.given[row.at] || SHEET.rows[row.at].answer; }

  give(row, answer) {
    this.given[row.at] = answer;
    this.unsaved = true;
    try { localStorage.setItem(this.place, JSON.stringify(this.given)); } catch { this.kept = false; }
    report.recount();
    this.tell();
    const next = report.grid.shownRows.slice(report.grid.shownRows.indexOf(row) + 1).find(other => !this.of(other));
    if (next) location.hash = `document-${next.at + 1}`;
    else this.mark(row);
  }

  mark(row) {
    for (const button of document.querySelectorAll('.answers button')) {
      button.setAttribute('aria-pressed', String(button.dataset.answer === this.of(row)));
    }
  }

  buttons(row) {
    return el('div', { class: 'answers', role: 'group', 'aria-label': 'Your answer' }, Object.entries(KEYS).map(([key, answer]) =>
      el('button', { type: 'button', class: answer, 'data-answer': answer, 'aria-keyshortcuts': key,
        'aria-pressed': String(this.of(row) === answer), onclick: () => this.give(row, answer) }, answer, el('kbd', {}, key))));
  }

  tell() {
    const done = SHEET.rows.filter((_, at) => this.given[at] || SHEET.rows[at].answer).length;
    document.getElementById('progress').textContent = `${number(done)} of ${count(SHEET.rows.length, 'document')} judged` +
      (this.unsaved ? '; save the sheet when you are done' : '');
  }

  rows() { return SHEET.rows.map((row, at) => ({ ...row, answer: this.of({ at }) })); }

  save(kind) {
    const text = kind === 'csv' ? [SHEET.columns, ...this.rows().map(row => SHEET.columns.map(column => cell(row[column])))]
      .map(line => line.map(quoted).join(',') + '\n').join('') : this.rows().map(row => JSON.stringify(row) + '\n').join('');
    const link = el('a', { href: URL.createObjectURL(new Blob([text], { type: 'text/plain' })), download: `${SHEET.name}.${kind}` });
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    this.unsaved = false;
    this.tell();
  }
}

// What a spreadsheet would take for a formula gets a quote before it, which `detector calibrate` takes away.
const cell = value => typeof value === 'string' && SHEET.formula.includes(value[0]) ? `'${value}` : String(value);
const quoted = text => /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

const answers = new Answers();
const report = new Report();
answers.tell();
