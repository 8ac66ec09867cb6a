package dev.tmtp.tests

import dev.tmtp.kit.ffi.KitSite
import java.io.DataInputStream
import java.security.SecureRandom
import java.security.cert.X509Certificate
import javax.net.ssl.SSLContext
import javax.net.ssl.SSLSocket
import javax.net.ssl.X509TrustManager
import kotlin.test.assertFalse

/**
 * A member who keeps no rule but those of the frames: what stands in the heads of its posts is what a test wants. The
 * members of the kit are honest; other people's apps need not be.
 */
internal class Stranger private constructor(
    private val link: SSLSocket,
) : AutoCloseable {
    private val down = DataInputStream(link.inputStream.buffered())
    private var asked = 0

    /** Posts to a member: a head that begins a thread or goes into one, and a text. Returns when the site has it. */
    fun post(
        to: String,
        head: String,
        text: String,
    ) {
        val id = "s${++asked}"
        val (headBytes, textBytes) = head.encodeToByteArray() to text.encodeToByteArray()
        val length = headBytes.size + textBytes.size
        val receivers = """[{"id":"$to","type":1}]"""
        write(
            """{"op":7,"id":"$id","for":$receivers,"datahead":${headBytes.size},"datalen":$length}""",
            headBytes + textBytes,
        )
        val answer = readUntil { """"ack"""" in it && """"$id"""" in it }
        assertFalse(""""error"""" in answer, answer)
    }

    /** Ends the link. */
    override fun close(): Unit = link.close()

    private fun register(alias: String) {
        write("""{"op":0,"id":"1"}""")
        write("""{"op":1,"newnode":"x","newalias":"$alias"}""")
        val answer = readUntil { """"registered"""" in it }
        assertFalse(""""error"""" in answer, answer)
        readUntil { """"info"""" in it }
    }

    private fun write(
        header: String,
        data: ByteArray = ByteArray(0),
    ) {
        val bytes = header.encodeToByteArray()
        link.outputStream.write("%04x".format(bytes.size).encodeToByteArray() + bytes + data)
        link.outputStream.flush()
    }

    /** The first header that fits; data is passed over. */
    private fun readUntil(fits: (String) -> Boolean): String {
        while (true) {
            val length = down.readNBytes(LENGTH_DIGITS).decodeToString().toInt(radix = 16)
            val header = down.readNBytes(length).decodeToString()
            DATALEN.find(header)?.let { down.skipNBytes(it.groupValues[1].toLong()) }
            if (fits(header)) return header
        }
    }

    /** Takes every certificate: the sites of these tests have made their own. */
    private object Trusting : X509TrustManager {
        override fun checkClientTrusted(
            chain: Array<X509Certificate>,
            type: String,
        ) = Unit

        override fun checkServerTrusted(
            chain: Array<X509Certificate>,
            type: String,
        ) = Unit

        override fun getAcceptedIssuers(): Array<X509Certificate> = emptyArray()
    }

    companion object {
        private const val LENGTH_DIGITS = 4
        private val DATALEN = Regex(""""datalen":(\d+)""")

        /** Becomes a member under this alias. */
        fun join(
            site: KitSite,
            alias: String,
        ): Stranger {
            val (host, port) = site.address().removePrefix("=").split(':')
            val tls = SSLContext.getInstance("TLS").apply { init(null, arrayOf(Trusting), SecureRandom()) }
            val link = tls.socketFactory.createSocket(host, port.toInt()) as SSLSocket
            link.soTimeout = DEADLINE.inWholeMilliseconds.toInt()
            return Stranger(link).apply { register(alias) }
        }

        /** The head of a post: under this alias, with this list of names and uids. */
        fun head(
            alias: String,
            vararg list: Pair<String, String>,
        ): String {
            val cc = list.joinToString(",") { (who, uid) -> """{"who":"$who","whouid":"$uid"}""" }
            return """{"alias":"$alias","subject":"Look","cc":[$cc]}"""
        }

        /** The head of a post into a thread, under this alias. */
        fun into(
            alias: String,
            thread: String,
        ): String = """{"alias":"$alias","threadid":"$thread","subject":""}"""
    }
}
