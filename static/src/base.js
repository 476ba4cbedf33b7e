// What every page has: htmx, toasts, dialogs, copy buttons, tabs, the theme switch.
import "htmx.org";
import { watchCodes } from "./code.js";
import { watchCopies } from "./copy.js";
import { watchDialogs } from "./dialog.js";
import { watchFocus } from "./focus.js";
import { watchForms } from "./forms.js";
import { watchPasskeys } from "./passkeys.js";
import { watchTabs } from "./tabs.js";
import { watchThemes } from "./themes.js";
import { watchTimes } from "./times.js";
import { watchToasts } from "./toast.js";

watchToasts();
watchDialogs();
watchCopies();
watchFocus();
watchForms();
watchCodes();
watchPasskeys();
watchTabs();
watchThemes();
watchTimes();
