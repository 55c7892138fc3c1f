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

/** @param {HTMLElement} e @param {Child[]} kids */
export const fill = (e, kids) => e.replaceChildren(.../** @type {(Node|string)[]} */ (kids.filter(Boolean)));
