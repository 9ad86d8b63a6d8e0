// The list of documents: only the rows in sight are in the page, so that a hundred thousand scroll like ten.
'use strict';

const BEYOND = 6;  // rows drawn above and below what is in sight

// `columns`: name, title, cell(row) -> node, key(row) for sorting, `down` where large comes first. `open(row)` is called by
// Enter and by a click.
class Grid {
  constructor(place, columns, rows, open) {
    this.columns = columns;
    this.rows = rows;
    this.shownRows = rows;
    this.open = open;
    this.active = 0;
    this.drawn = new Map();
    this.head = el('div', { role: 'row', class: 'row head', 'aria-rowindex': '1' }, columns.map(column => this.header(column)));
    this.space = el('div', { class: 'space', role: 'rowgroup' });
    this.scroller = el('div', { class: 'scroller', role: 'presentation' }, this.space);
    this.grid = el('div', {
      role: 'grid', class: 'grid', 'aria-label': 'Documents', 'aria-colcount': columns.length,
      onkeydown: event => this.key(event),
    }, el('div', { role: 'rowgroup', class: 'heads' }, this.head), this.scroller);
    place.append(this.grid);
    this.scroller.addEventListener('scroll', () => this.later(), { passive: true });
    new ResizeObserver(() => this.later()).observe(this.scroller);
    addEventListener('beforeprint', () => this.draw(true));
    addEventListener('afterprint', () => this.draw());
  }

  header(column) {
    const button = column.key
      ? el('button', { type: 'button', onclick: () => this.sort(column, this.sorted === column ? !this.reversed : false) }, column.title)
      : column.title;
    return el('div', { role: 'columnheader', class: column.name, 'aria-sort': column.key ? 'none' : null, 'data-column': column.name }, button);
  }

  sort(column, reversed) {
    this.sorted = column;
    this.reversed = reversed;
    for (const cell of this.head.children) {
      if (cell.hasAttribute('aria-sort')) {
        const down = Boolean(column.down) !== reversed;
        cell.setAttribute('aria-sort', cell.dataset.column !== column.name ? 'none' : down ? 'descending' : 'ascending');
      }
    }
    this.arrange();
  }

  filter(wanted) {
    this.wanted = wanted;
    this.arrange();
  }

  arrange() {
    const rows = this.wanted ? this.rows.filter(this.wanted) : [...this.rows];
    const column = this.sorted;
    if (column) {
      const sign = Boolean(column.down) !== this.reversed ? -1 : 1;
      const keys = new Map(rows.map(row => [row, column.key(row)]));
      rows.sort((one, other) => {
        const [a, b] = [keys.get(one), keys.get(other)];
        if (a === null || b === null) return (a === null) - (b === null) || one.at - other.at;  // unknown ones come last
        return (a < b ? -sign : a > b ? sign : 0) || one.at - other.at;
      });
    }
    this.shownRows = rows;
    this.active = Math.min(this.active, Math.max(rows.length - 1, 0));
    this.grid.setAttribute('aria-rowcount', rows.length + 1);
    this.scroller.scrollTop = 0;
    this.active = 0;
    this.refresh();
  }

  refresh() {
    for (const node of this.drawn.values()) node.remove();
    this.drawn.clear();
    this.draw();
  }

  later() {
    if (!this.waiting) this.waiting = requestAnimationFrame(() => { this.waiting = 0; this.draw(); });
  }

  get height() { return parseFloat(getComputedStyle(this.grid).getPropertyValue('--row')) || 56; }

  draw(everything = false) {
    const height = this.height, total = this.shownRows.length;
    if (this.drawnHeight !== height) {  // the width of the window changed the layout
      this.drawnHeight = height;
      for (const node of this.drawn.values()) node.remove();
      this.drawn.clear();
    }
    this.space.style.height = `${height * total}px`;
    const first = everything ? 0 : Math.max(0, Math.floor(this.scroller.scrollTop / height) - BEYOND);
    const last = everything ? Math.min(total, 2000)
      : Math.min(total, Math.ceil((this.scroller.scrollTop + this.scroller.clientHeight) / height) + BEYOND);
    for (const [at, node] of this.drawn) {
      if ((at < first || at >= last) && at !== this.active) { node.remove(); this.drawn.delete(at); }
    }
    for (let at = first; at < last; at++) this.drawRow(at, height);
    if (total) this.drawRow(this.active, height);
  }

  drawRow(at, height) {
    if (this.drawn.has(at)) return;
    const row = this.shownRows[at];
    const node = el('div', {
      role: 'row', class: 'row', 'aria-rowindex': at + 2, tabindex: at === this.active ? '0' : '-1', 'data-at': at,
      onclick: () => { this.setActive(at); this.open(row); },
    }, this.columns.map(column => el('div', { role: 'gridcell', class: column.name }, column.cell(row))));
    node.style.top = `${at * height}px`;
    this.drawn.set(at, node);
    // In the order of the list, so that a screen reader that goes on reads the next row.
    const after = [...this.space.children].find(other => Number(other.dataset.at) > at);
    this.space.insertBefore(node, after || null);
  }

  setActive(at) {
    const before = this.drawn.get(this.active);
    if (before) before.tabIndex = -1;
    this.active = at;
    this.drawRow(at, this.height);
    this.drawn.get(at).tabIndex = 0;
  }

  key(event) {
    if (!event.target.closest('[role=row]') || event.target.closest('button')) return;
    const page = Math.max(1, Math.floor(this.scroller.clientHeight / this.height) - 1), last = this.shownRows.length - 1;
    const to = { ArrowDown: this.active + 1, ArrowUp: this.active - 1, PageDown: this.active + page, PageUp: this.active - page,
      Home: 0, End: last }[event.key];
    if (to !== undefined) {
      event.preventDefault();
      this.focus(Math.min(Math.max(to, 0), last));
    } else if (event.key === 'Enter' || event.key === ' ') {
      event.preventDefault();
      this.open(this.shownRows[this.active]);
    }
  }

  focus(at = this.active) {
    if (!this.shownRows.length) return;
    const height = this.height, top = at * height, room = this.scroller.clientHeight;
    if (top < this.scroller.scrollTop) this.scroller.scrollTop = top;
    else if (top + height > this.scroller.scrollTop + room) this.scroller.scrollTop = top + height - room;
    this.setActive(at);
    this.draw();
    this.drawn.get(at).focus({ preventScroll: true });
  }
}
