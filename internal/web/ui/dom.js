/** @typedef {Node | string | null | undefined | false} Child */

/**
 * The element of an id, which must be there.
 * @param {string} id @returns {HTMLElement}
 */
export function $(id) {
  const e = document.getElementById(id);
  if (!e) throw new Error(`no element ${id}`);
  return e;
}

/** @param {string} id */
export const input = id => /** @type {HTMLInputElement} */ ($(id));
/** @param {string} id */
export const select = id => /** @type {HTMLSelectElement} */ ($(id));
/** @param {string} id */
export const dialog = id => /** @type {HTMLDialogElement} */ ($(id));

/**
 * An element with a class; children are nodes or text, never markup.
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag @param {string} cls @param {...Child} kids @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, cls, ...kids) {
  const e = document.createElement(tag);
  if (cls) e.className = cls;
  for (const k of kids) if (k || k === "") e.append(k);
  return e;
}

/** @param {string} tag @param {Record<string, string | number>} attrs @param {...Child} kids */
export function svg(tag, attrs, ...kids) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const k in attrs) e.setAttribute(k, String(attrs[k]));
  for (const k of kids) if (k) e.append(k);
  return e;
}

/** @param {string} cls @param {...Child} cells each a cell of a table's row */
export const row = (cls, ...cells) => el("tr", cls, ...cells.map(c => (c instanceof HTMLTableCellElement ? c : el("td", "", c || ""))));

/** @param {string} cls @param {Child} [content] */
export const cell = (cls, content) => el("td", cls, content || "");

/** Tags that are changed in place, not made anew: nothing that listens. */
const containers = new Set(["TABLE", "TR", "svg", "g"]);

/**
 * Gives an element these children. Those that look as before stay, which saves the
 * browser most of a step's layout; rows are found again by their key.
 * @param {Element} e @param {Child[]} kids
 */
export function fill(e, kids) {
  /** @type {Map<string, Element>} */
  const keyed = new Map();
  for (const c of e.children) if (c instanceof HTMLElement && c.dataset.key) keyed.set(c.dataset.key, c);
  /** @type {ChildNode | null} */
  let old = e.firstChild;
  for (const k of kids) {
    if (!k) continue;
    const node = typeof k === "string" ? new Text(k) : k;
    const key = node instanceof HTMLElement ? node.dataset.key : undefined;
    const kept = key && keyed.get(key);
    if (kept) {
      keyed.delete(/** @type {string} */ (key));
      if (kept === old) old = old.nextSibling;
      else e.insertBefore(kept, old);
      become(kept, node);
    } else if (!old || key || old instanceof HTMLElement && old.dataset.key) {
      e.insertBefore(node, old);
    } else {
      const next = old.nextSibling;
      become(old, node);
      old = next;
    }
  }
  while (old) {
    const next = old.nextSibling;
    old.remove();
    old = next;
  }
}

/** @param {ChildNode} old @param {Node} node has one become what the other is */
function become(old, node) {
  if (old.isEqualNode(node)) return;
  if (!(old instanceof Element && node instanceof Element && old.tagName === node.tagName && containers.has(old.tagName))) return old.replaceWith(node);
  for (const a of [...old.attributes]) if (!node.hasAttribute(a.name)) old.removeAttribute(a.name);
  for (const a of node.attributes) if (old.getAttribute(a.name) !== a.value) old.setAttribute(a.name, a.value);
  fill(old, [...node.childNodes]);
}

/** How wide the window is; asking the window costs a layout. */
export const screen = { width: innerWidth };
addEventListener("resize", () => { screen.width = innerWidth; });
