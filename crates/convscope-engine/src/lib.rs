//! How a net is computed.
