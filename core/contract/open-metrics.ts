/** How a scraper is answered. @see https://github.com/prometheus/OpenMetrics/blob/main/specification/OpenMetrics.md */
export const openMetricsMediaType = 'application/openmetrics-text; version=1.0.0; charset=utf-8';
