// The element of a chart's page; main.js, which comes after, connects it.

import "./elements/price-chart.js";
