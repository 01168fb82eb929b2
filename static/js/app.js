// The page's script: each concern has its module, all listen on the document, so that what
// htmx swaps in is served too. Every page works without it, only less comfortably.
import { startDialogs } from "./ui/dialogs.js";
import { startDrafts } from "./ui/drafts.js";
import { startForms } from "./ui/forms.js";
import { startKeys } from "./ui/keys.js";
import { startRequests } from "./ui/requests.js";
import { startSearch } from "./ui/search.js";
import { startSession } from "./ui/session.js";
import { startSmallThings } from "./ui/small-things.js";
import { startTimes } from "./ui/times.js";

startDialogs();
startForms();
startRequests();
startSession();
startDrafts();
startKeys();
startSearch();
startTimes();
startSmallThings();
