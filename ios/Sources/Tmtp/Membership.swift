// The member at its site: further aliases, further nodes, the site's key.

public import TmtpCore

extension Account {
    /// Asks the site for one more alias. Durable; ``waitAlias(_:within:)`` waits for the site's word.
    public func addAlias(_ alias: Alias) async throws(TmtpError) {
        try await asking { try await core.addAlias(alias: alias) }
    }

    /// Waits for the site's word on an alias: whether it is this member's. If not, it is still being asked for. What the
    /// site refuses is `TmtpError.Refused`, with its reason.
    public func waitAlias(_ alias: Alias, within deadline: Duration) async throws(TmtpError) -> Bool {
        try await calling {
            try await core.waitAlias(alias: alias, deadlineMs: deadline.milliseconds, cancel: $0)
        }
    }

    /// Makes a further node of this member, and gives what its device needs for ``Client/joinNode(_:name:)``. Called again
    /// for the same label, it gives the same ticket, until ``forgetNodeTicket(_:)``.
    ///
    /// - Throws: `TmtpError.NotNow`, there is such a node already, and its ticket was forgotten: choose another label.
    public func addNode(
        _ label: String, within deadline: Duration = .seconds(60)
    ) async throws(TmtpError) -> NodeTicket {
        try await calling {
            try await core.addNode(label: label, deadlineMs: deadline.milliseconds, cancel: $0)
        }
    }

    /// The other device has what it needs: forgets its secret here.
    public func forgetNodeTicket(_ label: String) async throws(TmtpError) {
        try await asking { try await core.forgetNodeTicket(label: label) }
    }
}

extension Client {
    /// Looks at the key that a site shows now, without logging in and without trusting it.
    public nonisolated func siteKey(
        of site: SiteAddress, within deadline: Duration = .seconds(30)
    ) async throws(TmtpError) -> SiteKey {
        try await calling {
            try await core.siteKey(address: site, deadlineMs: deadline.milliseconds, cancel: $0)
        }
    }

    /// Trusts this key of a site from now on, in place of any other. Ask whoever runs the site first.
    public nonisolated func trust(_ key: SitePin, of site: SiteAddress) async throws(TmtpError) {
        try await asking { try await core.trust(address: site, key: key) }
    }
}
