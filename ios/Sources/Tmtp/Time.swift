// Spans and moments, between Swift's types and the core's milliseconds.

public import Foundation

extension Duration {
    /// Whole milliseconds, rounded towards zero. What is out of bounds goes on as it is: the core says so.
    var milliseconds: Int64 {
        let (seconds, attoseconds) = components
        let (whole, overflow) = seconds.multipliedReportingOverflow(by: 1000)
        let (sum, carried) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        guard !overflow, !carried else { return seconds < 0 ? .min : .max }
        return sum
    }
}

extension Date {
    /// The moment that a record gives as milliseconds since 1970.
    public init(milliseconds: Int64) {
        self.init(timeIntervalSince1970: Double(milliseconds) / 1000)
    }
}
