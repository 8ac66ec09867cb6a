// A process that tests kill: it opens an account that a test has made and sends one file with it. It says on its
// standard output when the message is durable, and then goes on until it is killed.

import Foundation
import Tmtp

@main
enum Victim {
    static func main() async throws {
        let given = CommandLine.arguments
        guard given.count == 5 else {
            print("usage: victim HOME ACCOUNT RECIPIENT FILE")
            exit(2)
        }
        let client = try await Client.open(at: URL(filePath: given[1]))
        try client.foreground()
        let account = try await client.account(AccountName(given[2]))
        let message = NewMessage(
            draft: "victim", to: .people(given[3]), subject: "Large", text: "See the file.",
            attachments: [URL(filePath: given[4])])
        let sent = try await account.send(message)
        FileHandle.standardOutput.write(Data("\(sent.sendId)\n".utf8))
        for try await _ in try client.events() {}
    }
}
