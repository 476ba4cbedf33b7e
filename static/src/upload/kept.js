// Does this browser remember files that an earlier visit left unfinished?
export function remembers(name) {
  try {
    const kept = JSON.parse(localStorage.getItem(`uppyState:${name}`));
    return kept?.expires > Date.now() && Object.values(kept.metadata?.files ?? {}).length > 0;
  } catch {
    return false;
  }
}
