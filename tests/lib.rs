//! Journeys over the whole program.
