//! ITU-T Q.850 causes of SIP statuses.

/// The cause a final SIP status stands for (RFC 3398 §8.2.6.1). Provisional and redirecting statuses end no call.
///
/// Beyond that table: 2xx and 487 are a normal end of an answered and of a cancelled call (16); 488 and 606, which
/// the table decides by a Warning header, are "normal, unspecified" (31); a status it does not list counts as
/// the `x00` of its class (RFC 3261 §8.1.3.2).
pub(super) const fn of_sip_status(status: u16) -> Option<u8> {
    Some(match status {
        200..=299 | 487 => 16,
        404 | 485 | 604 => 1,
        486 | 600 => 17,
        480 => 18,
        401 | 402 | 403 | 407 | 603 => 21,
        410 => 22,
        482 | 483 => 25,
        484 => 28,
        488 | 606 => 31,
        502 => 38,
        405 => 63,
        406 | 415 | 501 => 79,
        408 | 504 => 102,
        413 | 414 | 416 | 420 | 421 | 423 | 505 | 513 => 127,
        400..=599 => 41,
        601..=699 => 17,
        _ => return None,
    })
}
