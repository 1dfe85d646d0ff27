//! What KQL's aggregates compute.
