// What the panel of news loads when it is first seen.

import "./news-list.js";
