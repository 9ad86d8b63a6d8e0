// The view of a document. All text of unknown origin goes through textContent: nothing in it can act.
'use strict';

function el(name, attributes, ...children) {
  return fill(document.createElement(name), attributes, children);
}

function svg(name, attributes, ...children) {
  return fill(document.createElementNS('http://www.w3.org/2000/svg', name), attributes, children);
}

function fill(node, attributes, children) {
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value);
    else node.setAttribute(name, value === true ? '' : value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined) node.append(child);
  return node;
}

// Control characters and overrides of direction are shown, one character for one, so that offsets hold.
function shown(text) {
  return text.replace(/\r\n/g, ' \n').replace(/\r/g, '\n')
    .replace(/[\u0000-\u0008\u000b-\u001f]/g, one => String.fromCharCode(0x2400 + one.charCodeAt(0)))
    .replace(/[\u007f-\u009f\u2028-\u202e\u2066-\u2069\ufeff]/g, '\ufffd');
}

// Offsets count code points, strings of a browser UTF-16 units.
function slicer(text) {
  if (!/[\ud800-\udfff]/.test(text)) return { length: text.length, slice: (start, end) => text.slice(start, end) };
  const points = Array.from(text);
  return { length: points.length, slice: (start, end) => points.slice(start, end).join('') };
}

const RANK = { spun: 0, suspect: 1, error: 2, unscored: 3, clean: 4 };
const MEANING = {
  spun: 'words were swapped', suspect: 'a person should read it', clean: 'no traces of spinning, or too few',
  unscored: 'there is no probability', error: 'could not be read or scored',
};
const number = value => value.toLocaleString('en-US');
const count = (value, noun) => `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
const probability = value => value === null || value === undefined ? '–' : value.toFixed(3);
const label = verdict => el('span', { class: `verdict ${verdict}` }, verdict);

// The verdict at a threshold, by the steps that were worked out where the document was judged.
function verdictAt(view, threshold) {
  let found = view.verdict;
  for (const [from, there, above] of view.steps || []) {
    if (threshold < from) break;
    found = threshold === from ? there : above;
  }
  return found;
}

// A bar for each stretch of the text: where it stands and how probable it is that it was spun.
function windowsChart(view, length, jump) {
  const scored = view.windows.filter(one => one[2] !== null);
  if (!scored.length || !length) return null;
  const highest = scored.reduce((one, other) => other[2] > one[2] ? other : one);
  const said = `Probability by stretch of the text, ${count(scored.length, 'stretch').replace('stretchs', 'stretches')}; ` +
    `highest ${probability(highest[2])}, at ${Math.round(100 * highest[0] / length)} % of the text`;
  const chart = svg('svg', { class: 'windows', role: 'img', viewBox: '0 0 1000 64', preserveAspectRatio: 'none' },
    svg('title', {}, said));
  for (const [start, end, value] of scored) {
    const height = Math.max(1.5, 60 * value);
    const bar = svg('rect', {
      x: 1000 * start / length, width: Math.max(1, 1000 * (end - start) / length - 2), y: 62 - height, height,
      class: heat(value, view.thresholds[0], view.thresholds[1]), 'data-probability': value,
      onclick: () => jump(start),
    }, svg('title', {}, `${probability(value)}`));
    chart.append(bar);
  }
  const y = 62 - 60 * view.thresholds[1];
  chart.append(svg('line', { class: 'limit', x1: 0, x2: 1000, y1: y, y2: y }));
  return el('figure', { class: 'stretches' }, chart, el('figcaption', {},
    'Probability by stretch of the text, from its beginning to its end; the line is the threshold of spun.'));
}

const heat = (value, suspect, spun) => value >= spun ? 'high' : value >= Math.min(suspect, spun) ? 'middle' : 'low';

function sparkline(values) {
  const chart = svg('svg', { class: 'spark', viewBox: '0 0 100 24', preserveAspectRatio: 'none', 'aria-hidden': 'true' });
  const width = 100 / Math.max(values.length, 6);
  values.forEach((value, at) => {
    const height = Math.max(1, 23 * value / 99);
    chart.append(svg('rect', {
      x: (at * width).toFixed(2), width: Math.max(.6, width - .8).toFixed(2), y: (24 - height).toFixed(1),
      height: height.toFixed(1),
    }));
  });
  return chart;
}

// One tooltip for all findings: it stays while the pointer is on it, and Escape closes it.
class Tip {
  constructor(place) {
    this.node = el('div', { id: 'tip', role: 'tooltip', hidden: true });
    place.append(this.node);
    this.closing = 0;
    this.node.addEventListener('mouseenter', () => clearTimeout(this.closing));
    this.node.addEventListener('mouseleave', () => this.hideSoon());
    document.addEventListener('keydown', event => {
      if (event.key === 'Escape' && !this.node.hidden) { this.hide(); event.stopPropagation(); }
    }, true);
    window.addEventListener('scroll', () => this.hide(), { passive: true, capture: true });
  }

  show(anchor, content) {
    clearTimeout(this.closing);
    this.node.replaceChildren(...content);
    this.node.hidden = false;
    const box = anchor.getClientRects()[0] || anchor.getBoundingClientRect();
    const width = this.node.offsetWidth, height = this.node.offsetHeight;
    const left = Math.min(Math.max(8, box.left), document.documentElement.clientWidth - width - 8);
    const above = box.bottom + height + 10 > window.innerHeight && box.top > height + 10;
    this.node.style.left = `${Math.max(4, left)}px`;
    this.node.style.top = `${above ? box.top - height - 6 : box.bottom + 6}px`;
  }

  hide() { clearTimeout(this.closing); this.node.hidden = true; }

  hideSoon() { this.closing = setTimeout(() => this.hide(), 200); }
}

const SIGNALS = { wording: 'swapped words', grammar: 'grammar', typography: 'typography', names: 'names', spintax: 'choices left' };

function originals(finding) {
  if (!finding.suggestions.length) return null;
  return el('ul', { class: 'originals' }, finding.suggestions.map(([text, share]) => el('li', {},
    el('span', { class: 'share' }, el('span', { 'data-share': share })),
    el('b', {}, shown(text)), ' ', el('span', { class: 'faint' }, finding.signal === 'wording' ? share.toFixed(2) : ''))));
}

function sizeShares(node) {  // a style attribute would need a weaker policy
  for (const bar of node.querySelectorAll('[data-share]')) bar.style.width = `${100 * bar.dataset.share}%`;
}

function tipContent(finding, restored) {
  const best = finding.suggestions[0];
  const head = el('p', { class: 'swap' }, restored ? el('del', {}, shown(finding.text)) : el('b', {}, shown(finding.text)),
    best ? [' ← ', el('b', { class: 'original' }, shown(best[0]))] : null);
  const content = [head, el('p', {}, shown(finding.message))];
  if (best && finding.suggestions.length > 1) content.push(originals(finding));
  content.push(el('p', { class: 'faint' }, `${finding.signal}/${finding.rule}, score ${finding.score.toFixed(2)}` +
    (finding.place ? `, line ${finding.place.replace(':', ', column ')}` : '')));
  content.forEach(sizeShares);
  return content;
}

// Shows one view in a container. `options`: `blind` hides what the program thinks of the document; `before` and `after`
// are nodes beside it.
class DocumentView {
  constructor(container, tip) {
    this.container = container;
    this.tip = tip;
    this.hiddenSignals = new Set();
    this.restored = false;
  }

  show(view, options = {}) {
    this.view = view;
    this.options = options;
    this.tip.hide();
    if (view.error !== undefined) {
      this.container.replaceChildren(...[options.before, el('article', {}, this.heading(view, 'error'),
        el('p', { class: 'problem' }, shown(view.error)))].filter(Boolean));
      return;
    }
    view.findings.forEach((finding, at) => { finding.at_index = at; });
    this.text = el('div', { class: 'text', lang: view.language || 'und', dir: 'auto' });
    this.list = el('ol', { class: 'findings' });
    this.verdictPlace = el('p', { class: 'kicker' });
    const length = view.text === null ? 0 : slicer(view.text).length;
    this.container.replaceChildren(...[options.before, el('article', { 'aria-labelledby': 'document-title' },
      el('header', { class: 'document-head' }, this.verdictPlace, this.heading(view),
        el('p', { class: 'facts' }, this.facts(view)),
        view.notes.map(note => el('p', { class: 'note' }, shown(note))),
        options.extra || null),
      options.blind ? null : windowsChart(view, length, start => this.jump(start)),
      this.tools(view),
      el('div', { class: 'columns' },
        el('section', { 'aria-label': 'The text with its findings' }, view.text === null
          ? el('p', { class: 'faint' }, 'The text is not in this file.') : this.text,
          view.cut ? el('p', { class: 'note' }, 'The text is longer; its end is not shown.') : null),
        el('aside', { 'aria-label': 'What was found' }, this.details(view))))].filter(Boolean));
    this.setThreshold(view.thresholds[1]);
    this.renderText();
    this.renderList();
    sizeShares(this.container);
  }

  heading(view, verdict) {
    const title = el(this.options.inPage ? 'h2' : 'h1', { id: 'document-title', tabindex: '-1' }, shown(view.id));
    return verdict ? el('header', { class: 'document-head' }, el('p', { class: 'kicker' }, label(verdict)), title) : title;
  }

  facts(view) {
    const facts = [];
    if (view.source !== view.id) facts.push(shown(view.source));
    if (view.reason) facts.push(shown(view.reason));
    facts.push(count(view.words, 'word'));
    if (view.language) facts.push(`language ${view.language}`);
    if (view.group) facts.push(`group ${shown(view.group)}`);
    if (view.model) facts.push(`model ${shown(view.model)}`);
    return facts.join(' · ');
  }

  setThreshold(threshold) {
    const view = this.view;
    if (this.options.blind) { this.verdictPlace.replaceChildren('What do you say?'); return; }
    const verdict = verdictAt(view, threshold);
    const limit = this.container.querySelector('.windows .limit');
    for (const bar of this.container.querySelectorAll('.windows rect')) {
      bar.setAttribute('class', heat(Number(bar.dataset.probability), view.thresholds[0], threshold));
    }
    for (const end of limit ? ['y1', 'y2'] : []) limit.setAttribute(end, 62 - 60 * threshold);
    this.verdictPlace.replaceChildren(label(verdict),
      view.probability === null ? ` ${MEANING.unscored}` :
        ` probability ${probability(view.probability)}; spun from ${Number(threshold.toPrecision(4))} on`);
    return verdict;
  }

  tools(view) {
    if (view.text === null) return null;
    const tools = el('div', { class: 'tools', role: 'group', 'aria-label': 'What the text shows' });
    const able = view.findings.filter(one => one.restored).length;
    tools.append(el('button', {
      type: 'button', id: 'restore', 'aria-pressed': String(this.restored && able > 0), disabled: !able,
      onclick: event => {
        this.restored = !this.restored;
        event.currentTarget.setAttribute('aria-pressed', String(this.restored));
        this.renderText();
      },
    }, able ? `Put ${count(able, 'word')} back` : 'Nothing to put back'));
    for (const signal of Object.keys(SIGNALS)) {
      const amount = view.findings.filter(one => one.signal === signal).length;
      if (!amount) continue;
      tools.append(el('button', {
        type: 'button', class: `signal ${signal}`, 'aria-pressed': String(!this.hiddenSignals.has(signal)),
        onclick: event => {
          if (!this.hiddenSignals.delete(signal)) this.hiddenSignals.add(signal);
          event.currentTarget.setAttribute('aria-pressed', String(!this.hiddenSignals.has(signal)));
          this.renderText();
          this.renderList();
        },
      }, `${SIGNALS[signal]} ${number(amount)}`));
    }
    return tools;
  }

  visible() { return this.view.findings.filter(one => !this.hiddenSignals.has(one.signal)); }

  renderText() {
    if (this.view.text === null) return;
    const text = slicer(this.view.text);
    const placed = this.visible().filter(one => one.at && one.at[0] < text.length);
    const cuts = [...new Set([0, text.length, ...placed.flatMap(one => one.at)])].filter(at => at <= text.length);
    cuts.sort((one, other) => one - other);
    const starts = [...placed].sort((one, other) => one.at[0] - other.at[0]);
    const parts = [], named = new Set();
    let open = [], next = 0;
    for (let at = 0; at + 1 < cuts.length; at++) {
      const [start, end] = [cuts[at], cuts[at + 1]];
      open = open.filter(one => one.at[1] > start);
      while (next < starts.length && starts[next].at[0] <= start) open.push(starts[next++]);
      if (!open.length) { parts.push(shown(text.slice(start, end))); continue; }
      const put = this.restored ? open.find(one => one.restored) : undefined;
      const finding = put || open.find(one => one.signal === 'wording') || open[0];
      if (put && put.at[0] !== start) continue;  // the whole phrase is put back at its beginning
      parts.push(this.mark(finding, put ? shown(put.suggestions[0][0]) : shown(text.slice(start, end)), put, named));
    }
    this.text.classList.toggle('restored', this.restored);
    this.text.replaceChildren(...parts);
  }

  mark(finding, text, put, named) {
    const first = !named.has(finding.at_index);
    named.add(finding.at_index);
    const content = () => tipContent(finding, Boolean(put));
    const mark = el('span', {
      class: `mark ${finding.signal}${put ? ' put' : ''}`, 'data-finding': finding.at_index,
      id: first ? `finding-${finding.at_index}` : null,
      role: first ? 'button' : null, tabindex: first ? '0' : null, 'aria-describedby': first ? 'tip' : null,
      onmouseenter: event => { this.tip.show(event.currentTarget, content()); this.light(finding); },
      onmouseleave: () => { this.tip.hideSoon(); this.light(null); },
      onfocus: event => { this.tip.show(event.currentTarget, content()); this.light(finding); },
      onblur: () => { this.tip.hide(); this.light(null); },
      onclick: event => this.tip.show(event.currentTarget, content()),
      onkeydown: event => {
        if (event.key === 'Enter' || event.key === ' ') { event.preventDefault(); this.tip.show(event.currentTarget, content()); }
      },
    }, text);
    return mark;
  }

  light(finding) {
    for (const node of this.container.querySelectorAll('.lit')) node.classList.remove('lit');
    if (finding === null) return;
    for (const node of this.container.querySelectorAll(`[data-finding="${finding.at_index}"]`)) node.classList.add('lit');
  }

  renderList() {
    this.list.replaceChildren(...this.visible().map(finding => {
      const best = finding.suggestions[0];
      return el('li', { 'data-finding': finding.at_index }, el('button', {
        type: 'button', class: 'finding', disabled: !finding.at || this.view.text === null,
        onclick: () => this.go(finding), onmouseenter: () => this.light(finding), onmouseleave: () => this.light(null),
      }, el('span', { class: `dot ${finding.signal}`, 'aria-hidden': 'true' }), el('b', {}, shown(finding.text) || '(nothing)'),
      best ? [' ← ', el('span', { class: 'original' }, shown(best[0]))] : null,
      el('span', { class: 'message' }, shown(finding.message),
        finding.place ? ` Line ${finding.place.replace(':', ', column ')}.` : '')));
    }));
  }

  go(finding) {
    const mark = document.getElementById(`finding-${finding.at_index}`);
    if (!mark) return;
    mark.scrollIntoView({ block: 'center' });
    setTimeout(() => mark.focus({ preventScroll: true }), 30);  // after the scrolling, which closes the tooltip
  }

  jump(start) {
    const finding = this.visible().find(one => one.at && one.at[0] >= start);
    if (finding) this.go(finding);
  }

  details(view) {
    const parts = [el(this.options.inPage ? 'h3' : 'h2', {}, 'Findings'), view.findings.length ? this.list : el('p', { class: 'faint' }, 'None.')];
    if (view.left_out) parts.push(el('p', { class: 'faint' }, `${count(view.left_out, 'finding')} not listed.`));
    if (this.options.blind) return parts;
    if (view.contributions.length) {
      const strongest = Math.max(...view.contributions.map(one => Math.abs(one[1])), .01);
      parts.push(el(this.options.inPage ? 'h3' : 'h2', {}, 'What moved the probability'), el('table', { class: 'weights' },
        el('caption', {}, 'Log-odds; more than 0 speaks for spinning'),
        el('tbody', {}, [...view.contributions].sort((one, other) => Math.abs(other[1]) - Math.abs(one[1])).map(([name, value]) =>
          el('tr', {}, el('th', { scope: 'row' }, name === 'base' ? 'to begin with' : name),
            el('td', { class: 'n' }, `${value > 0 ? '+' : ''}${value.toFixed(2)}`),
            el('td', {}, el('span', { class: `weight ${value > 0 ? 'for' : 'against'}` },
              el('span', { 'data-share': Math.abs(value) / strongest }))))))));
    }
    const measures = Object.entries(view.measures);
    if (measures.length) {
      parts.push(el('details', {}, el('summary', {}, 'Measures'), el('table', { class: 'measures' },
        el('tbody', {}, measures.map(([name, value]) => {
          const [unit, why] = (typeof UNITS === 'undefined' ? {} : UNITS)[name] || ['', ''];
          return el('tr', {}, el('th', { scope: 'row' }, name, why ? el('span', { class: 'message' }, why) : null),
            el('td', { class: 'n' }, value.toFixed(2)), el('td', {}, unit));
        })))));
    }
    parts.push(el('details', {}, el('summary', {}, 'Signals'), el('table', {}, el('tbody', {}, view.signals.map(
      ([name, status, detail]) => el('tr', {}, el('th', { scope: 'row' }, name), el('td', {}, status),
        el('td', { class: 'faint' }, shown(detail || ''))))))));
    return parts;
  }
}
