// The page of `detector serve`: a text goes to the server when it has not changed for a moment, and its view comes back.
'use strict';

const PAUSE = 900;  // milliseconds without a key
const get = id => document.getElementById(id);

class Live {
  constructor() {
    this.view = new DocumentView(get('view'), new Tip(get('place')));
    this.most = Number(document.body.dataset.most);
    this.name = null;  // of the file, which tells the format
    this.threshold = null;  // as long as nobody moved the slider
    get('text').addEventListener('input', () => this.soon());
    get('input').addEventListener('submit', event => { event.preventDefault(); this.send(); });
    get('open').addEventListener('click', () => get('file').click());
    get('file').addEventListener('change', () => { if (get('file').files[0]) this.read(get('file').files[0]); get('file').value = ''; });
    get('clear').addEventListener('click', () => { get('text').value = ''; this.name = null; this.forget(); get('text').focus(); });
    get('threshold').addEventListener('input', () => { this.threshold = Number(get('threshold').value); this.judge(); });
    get('reset').addEventListener('click', () => { this.threshold = null; this.judge(); });
    addEventListener('dragover', event => { event.preventDefault(); document.body.classList.add('dropping'); });
    addEventListener('dragleave', event => { if (!event.relatedTarget) document.body.classList.remove('dropping'); });
    addEventListener('drop', event => {
      event.preventDefault();
      document.body.classList.remove('dropping');
      const file = event.dataTransfer.files[0];
      if (file) this.read(file);
      else if (event.dataTransfer.getData('text/plain')) { get('text').value = event.dataTransfer.getData('text/plain'); this.name = null; this.send(); }
    });
    if (get('text').value.trim()) this.send();  // what the browser kept
  }

  soon() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), PAUSE);
  }

  async read(file) {
    if (file.size > this.most) { this.tell(`${file.name} is larger than ${number(this.most)} bytes`); return; }
    const bytes = new Uint8Array(await file.arrayBuffer());
    this.name = file.name;
    get('text').value = new TextDecoder().decode(bytes);
    this.send(bytes);
  }

  forget() {
    this.asked?.abort();
    clearTimeout(this.timer);
    this.tell('');
    get('slider').hidden = true;
    get('view').replaceChildren();
    this.view.tip.hide();
  }

  async send(bytes = null) {
    clearTimeout(this.timer);
    const text = get('text').value;
    if (!text.trim()) { this.forget(); return; }
    this.asked?.abort();
    const asked = this.asked = new AbortController();
    this.tell('Reading…');
    try {
      const answer = await fetch(`/api/view?id=${encodeURIComponent(this.name || 'text')}`, {
        method: 'POST', headers: { 'Content-Type': bytes ? 'text/plain' : 'text/plain; charset=utf-8' }, body: bytes || text,
        signal: asked.signal,
      });
      const found = await answer.json();
      if (this.asked !== asked) return;
      if (!answer.ok) {
        if (answer.status === 415) { this.forget(); this.name = null; get('text').value = ''; }  // the file is no text
        this.tell(found.error.message);
        if (answer.status === 429) this.timer = setTimeout(() => this.send(bytes), 1500);
        return;
      }
      this.show(found);
    } catch (error) {
      if (error.name !== 'AbortError') this.tell('The server does not answer; is it still running?');
    }
  }

  show(view) {
    this.view.show(view, { inPage: true });
    if (view.error !== undefined) { this.tell(view.error); get('slider').hidden = true; return; }
    get('slider').hidden = view.probability === null;
    this.judge();
  }

  judge() {
    const view = this.view.view;
    const threshold = this.threshold ?? view.thresholds[1];
    get('threshold').value = threshold;
    get('value').value = Number(threshold.toPrecision(4));
    get('reset').disabled = this.threshold === null;
    const verdict = this.view.setThreshold(threshold);
    this.tell(view.probability === null ? `${view.verdict}: ${view.reason}` : `${verdict}, probability ${probability(view.probability)}`);
  }

  tell(message) { get('state').textContent = message; }
}

const live = new Live();
