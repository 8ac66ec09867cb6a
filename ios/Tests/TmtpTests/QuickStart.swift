// The quick start of README.md. A test runs it, and another compares it with what is printed there.

import Foundation
import Tmtp

/// Becomes a member of a site, writes to a friend, and shows the inbox until the task is cancelled.
func quickStart(home: URL, site: SiteAddress, friend: String, show: ([ThreadRow]) -> Void) async throws {
    let client = try await Client.open(at: home)
    try client.foreground()  // on the screen: links are held

    let account = try await client.join(site, as: "ada lovelace")

    let message = NewMessage(to: .people(friend), subject: "Tea", text: "At five?")
    let sent = try await account.send(message)  // durable: nothing that happens now loses it
    print(try await account.waitSent(sent.sendId, within: .seconds(30)))  // sent

    for try await threads in account.inbox() {  // now, and after each change
        show(threads)
    }
    try await client.stop()
}
