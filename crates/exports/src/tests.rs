//! Exports of a real lake, from the queue to the file.
