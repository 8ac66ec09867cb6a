// What there is to measure: the calls of the border, read from its list, and the reasons for leaving some out.

import Foundation

/// The calls of the border that no row measures, and why not.
let notMeasured = [
    "account.name": "asked once, when an account is made: part of client.account",
    "keyStore.get": "the library calls it, once for each login, on a thread kept for it",
    "keyStore.put": "the library calls it, once for each node",
    "keyStore.remove": "the library calls it, once for each account that is removed",
    "logSink.log": "the library calls it, on a thread kept for it; what does not fit is dropped",
]

/// Every call of `bindings/ffi/api/border.txt`, as `account.send`: the object, without `Protocol`, and the function. A
/// function outside of an object has only its name.
func border(_ file: URL) throws -> Set<String> {
    var owner = ""
    var calls: Set<String> = []
    for line in try String(contentsOf: file, encoding: .utf8).split(separator: "\n") {
        if let found = line.firstMatch(of: /^public (?:protocol|struct|enum|indirect enum) (\w+)/) {
            let name = String(found.1).replacing(/Protocol$/, with: "")
            owner = name.prefix(1).lowercased() + name.dropFirst()
        } else if let found = line.firstMatch(of: /^    func (\w+)\(/) {
            calls.insert("\(owner).\(found.1)")
        } else if let found = line.firstMatch(of: /^public func (\w+)\(/) {
            calls.insert(String(found.1))
        }
    }
    return calls
}

/// What is wrong with the table: calls that it forgets, and calls that it names and that are not there.
func mistakes(border: Set<String>, measured: Set<String>) -> [String] {
    let named = measured.union(notMeasured.keys)
    return border.subtracting(named).sorted().map { "\($0) is neither measured nor excused" }
        + named.subtracting(border).sorted().map { "\($0) is named, and no call of the border" }
        + measured.intersection(notMeasured.keys).sorted().map { "\($0) is measured and excused" }
}
