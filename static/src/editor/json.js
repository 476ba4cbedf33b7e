// CodeMirror over a textarea: the textarea stays the form's field, and the twin without scripts.
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { json, jsonParseLinter } from "@codemirror/lang-json";
import {
  HighlightStyle,
  bracketMatching,
  foldGutter,
  foldKeymap,
  indentOnInput,
  syntaxHighlighting,
  syntaxTree,
} from "@codemirror/language";
import { forceLinting, lintGutter, lintKeymap, linter } from "@codemirror/lint";
import { highlightSelectionMatches, search, searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import {
  EditorView,
  drawSelection,
  highlightActiveLine,
  highlightActiveLineGutter,
  keymap,
  lineNumbers,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const colours = HighlightStyle.define([
  { tag: tags.propertyName, color: "var(--color-primary)" },
  { tag: tags.string, color: "var(--color-success)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--color-accent)" },
  { tag: [tags.separator, tags.squareBracket, tags.brace], color: "var(--color-muted)" },
]);

const look = EditorView.theme({
  "&": { fontSize: "0.8125rem", maxHeight: "70vh", backgroundColor: "var(--color-base-100)" },
  "&.cm-focused": { outline: "2px solid var(--color-primary)", outlineOffset: "-2px" },
  ".cm-scroller": { fontFamily: "var(--font-mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content": { caretColor: "var(--color-base-content)" },
  ".cm-cursor": { borderLeftColor: "var(--color-base-content)" },
  ".cm-gutters": {
    backgroundColor: "var(--color-base-200)",
    color: "var(--color-muted)",
    borderRight: "1px solid var(--color-base-300)",
  },
  ".cm-activeLine, .cm-activeLineGutter": { backgroundColor: "var(--color-tint)" },
  "&.cm-focused .cm-selectionBackground, .cm-selectionBackground": {
    backgroundColor: "color-mix(in oklch, var(--color-primary) 25%, transparent) !important",
  },
  ".cm-panels, .cm-tooltip": {
    backgroundColor: "var(--color-base-100)",
    color: "var(--color-base-content)",
    borderColor: "var(--color-base-300)",
  },
});

// The place that a JSON pointer (RFC 6901) names, in the parsed text.
function placeOf(state, pointer) {
  let node = syntaxTree(state).topNode.firstChild;
  for (const part of pointer.split("/").slice(1)) {
    const name = part.replaceAll("~1", "/").replaceAll("~0", "~");
    const next = node?.name === "Array" ? element(node, Number(name)) : member(state, node, name);
    if (!next) break;
    node = next;
  }
  const named = node?.parent?.name === "Property" ? node.parent : node;
  return named ? { from: named.from, to: Math.min(named.to, state.doc.lineAt(named.from).to) } : null;
}

function member(state, node, name) {
  for (let each = node?.firstChild; each; each = each.nextSibling) {
    const key = each.name === "Property" && each.getChild("PropertyName");
    if (key && JSON.parse(state.sliceDoc(key.from, key.to)) === name) return each.lastChild;
  }
  return null;
}

function element(node, index) {
  const inside = [];
  for (let each = node.firstChild; each; each = each.nextSibling) {
    if (!["[", "]", ",", "⚠"].includes(each.name)) inside.push(each);
  }
  return inside[index] ?? null;
}

// What the server said, at its line, until the text changes.
function fault(state) {
  const said = document.querySelector("#checked [data-fault]");
  if (!said || state.doc.toString() !== said.closest("#checked").dataset.of) return [];
  const { line, pointer } = said.dataset;
  const number = Math.min(Number(line) || 1, state.doc.lines);
  const place = line ? state.doc.line(number) : placeOf(state, pointer);
  if (!place) return [];
  const message = said.querySelector("p:last-child").textContent.trim();
  return [{ from: place.from, to: place.to, severity: "error", message }];
}

export function editJson(area) {
  const parse = jsonParseLinter();
  const view = new EditorView({
    state: EditorState.create({
      doc: area.value,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        bracketMatching(),
        highlightActiveLine(),
        highlightActiveLineGutter(),
        highlightSelectionMatches(),
        search({ top: true }),
        json(),
        linter((shown) => {
          const own = parse(shown);
          return own.length ? own : fault(shown.state);
        }),
        syntaxHighlighting(colours),
        look,
        EditorView.cspNonce.of(area.dataset.nonce),
        EditorView.contentAttributes.of({ "aria-label": "The document as JSON", "aria-multiline": "true", tabindex: "0" }),
        // Tab leaves the editor, as everywhere else on a page.
        keymap.of([...defaultKeymap, ...historyKeymap, ...foldKeymap, ...searchKeymap, ...lintKeymap]),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) area.value = update.state.doc.toString();
        }),
      ],
    }),
  });
  area.after(view.dom);
  area.hidden = true;
  const checked = document.getElementById("checked");
  const point = () => {
    checked.dataset.of = view.state.doc.toString();
    forceLinting(view);
    const [found] = fault(view.state);
    if (found) view.dispatch({ effects: EditorView.scrollIntoView(found.from, { y: "center" }) });
  };
  document.addEventListener("htmx:after:swap", point);
  point();
}
