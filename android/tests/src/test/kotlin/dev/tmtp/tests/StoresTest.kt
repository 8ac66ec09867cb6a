package dev.tmtp.tests

import dev.tmtp.AccountState
import dev.tmtp.Action
import dev.tmtp.Alias
import dev.tmtp.NewMessage
import dev.tmtp.NotKnownWhy
import dev.tmtp.TmtpError
import dev.tmtp.To
import dev.tmtp.WakeOutcome
import dev.tmtp.kit.where
import java.io.RandomAccessFile
import java.nio.file.Files
import java.nio.file.Path
import kotlin.io.path.readBytes
import kotlin.io.path.writeBytes
import kotlin.test.Test
import kotlin.test.assertContentEquals
import kotlin.test.assertEquals
import kotlin.test.assertIs

/** Stores that are not as they should be say what they are and are left as they are. */
class StoresTest {
    @Test
    fun `a store of a newer version is left alone and says so`() =
        Scene.play {
            closed()
            RandomAccessFile(database().toFile(), "rw").use {
                // SQLite keeps the format's number, big-endian, at this place of its header.
                it.seek(USER_VERSION)
                it.writeInt(NEWER)
            }
            val before = database().readBytes()
            val client = open()
            val summary = client.accounts().single()
            val state = assertIs<AccountState.NewerStore>(summary.state)
            assertEquals(NEWER.toLong(), state.found)
            assertEquals(TmtpError.NewerStore(state.found, state.known), summary.problem?.error)
            assertEquals(Action.UPDATE, summary.problem?.action)
            val account = client.account(PHONE)
            assertFails(TmtpError.NewerStore(state.found, state.known)) { account.saveDraft(note()) }
            assertEquals(state, account.state())
            assertEquals(
                WakeOutcome.NotKnown(NotKnownWhy.NewerStore),
                client
                    .wake(DEADLINE)
                    .accounts
                    .single()
                    .outcome,
            )
            client.stop()
            assertContentEquals(before, database().readBytes())
        }

    @Test
    fun `a damaged store says so everywhere`() =
        Scene.play {
            closed()
            val bytes = database().readBytes()
            bytes.fill(0x55, fromIndex = bytes.size / 2)
            database().writeBytes(bytes)
            val client = open()
            val account = client.account(PHONE)
            val error = failure { account.saveDraft(note()) }
            assertEquals(TmtpError.Damaged, error.error)
            assertEquals(Action.SALVAGE, error.action)
            assertEquals(AccountState.Damaged, account.state())
            assertEquals(
                WakeOutcome.NotKnown(NotKnownWhy.Damaged),
                client
                    .wake(DEADLINE)
                    .accounts
                    .single()
                    .outcome,
            )
        }

    @Test
    fun `an account that was copied is taken into use when the person says so`() =
        Scene.play {
            closed()
            // As after a restore: this file must not get into backups.
            Files.delete(home.resolve("install"))
            val client = open()
            val account = client.account(PHONE)
            assertFails(TmtpError.Cloned) { account.saveDraft(note()) }
            assertEquals(AccountState.Cloned, account.state())
            account.adopt()
            account.adopt()
            account.saveDraft(note())
            hold(client, account)
        }

    @Test
    fun `the same join again is the account that is there`() =
        Scene.play {
            val (client, account) = anna()
            val logins = site.record().logins
            assertEquals(account.name, client.join(site.where, Alias(ANNA)).name)
            assertEquals(account.name, client.join(site.where, Alias(ANNA), PHONE).name)
            assertEquals(1, client.accounts().size)
            assertEquals(logins, site.record().logins)
            account.saveDraft(note())
        }

    /** Anna's store with something in it, and nobody who has it open. */
    private suspend fun Scene.closed() {
        val (client, account) = anna()
        repeat(50) { account.saveDraft(NewMessage(To.NewThread(), "Note", "text ".repeat(100), draft = "note $it")) }
        client.stop()
        client.close()
    }

    private fun Scene.database(): Path =
        Files.walk(home).use { paths -> paths.filter { "${it.fileName}" == "mail.db" }.findFirst().get() }

    private fun note() = NewMessage(To.NewThread(), "Note", "text", draft = "note")

    private companion object {
        const val USER_VERSION = 60L
        const val NEWER = 9_999
    }
}
