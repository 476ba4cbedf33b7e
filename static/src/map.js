// Starts the maps of a page. They live in a module that no page names, since an entry's address
// carries a hash: another entry that imported this one would start a second set of maps.
import "./maps.js";
