package dev.tmtp.internal

import dev.tmtp.Config
import dev.tmtp.LogLevel
import dev.tmtp.NewMessage
import dev.tmtp.NewPing
import dev.tmtp.Page
import dev.tmtp.Profile
import dev.tmtp.Proxy
import dev.tmtp.ProxyKind
import dev.tmtp.To
import dev.tmtp.TooLargeAnswer
import dev.tmtp.ffi.ClientConfig
import dev.tmtp.ffi.ProxyAuth
import dev.tmtp.ffi.ProxyConfig

internal fun Config.toFfi(): ClientConfig =
    ClientConfig(
        home = home.toString(),
        profile =
            when (profile) {
                Profile.APP -> dev.tmtp.ffi.Profile.APP
                Profile.EXTENSION -> dev.tmtp.ffi.Profile.EXTENSION
            },
        deviceName = deviceName,
        proxy = proxy?.toFfi(),
        logLevel =
            when (logLevel) {
                LogLevel.ERROR -> dev.tmtp.ffi.LogLevel.ERROR
                LogLevel.WARNING -> dev.tmtp.ffi.LogLevel.WARNING
                LogLevel.INFO -> dev.tmtp.ffi.LogLevel.INFO
                LogLevel.DEBUG -> dev.tmtp.ffi.LogLevel.DEBUG
            },
    )

private fun Proxy.toFfi(): ProxyConfig =
    ProxyConfig(
        when (kind) {
            ProxyKind.SOCKS5 -> dev.tmtp.ffi.ProxyKind.SOCKS5
            ProxyKind.HTTP_CONNECT -> dev.tmtp.ffi.ProxyKind.HTTP_CONNECT
        },
        host,
        port,
        auth?.let { ProxyAuth(it.user, it.password) },
    )

internal fun NewMessage.toFfi(): dev.tmtp.ffi.NewMessage =
    dev.tmtp.ffi.NewMessage(draft.whole("draft"), to.toFfi(), subject, text, attachments.map { it.toString() })

private fun To.toFfi(): dev.tmtp.ffi.To =
    when (this) {
        is To.NewThread ->
            dev.tmtp.ffi.To.NewThread(
                recipients.map { dev.tmtp.ffi.Recipient(it.who, it.note) },
                fromAlias?.text?.whole("alias"),
            )
        is To.Reply ->
            dev.tmtp.ffi.To
                .Reply(thread.text)
    }

internal fun NewPing.toFfi(): dev.tmtp.ffi.NewPing =
    dev.tmtp.ffi.NewPing(draft.whole("draft"), from?.text?.whole("alias"), to.text.whole("alias"), text)

internal fun Page.toFfi(): dev.tmtp.ffi.Page = dev.tmtp.ffi.Page(limit, after?.text)

internal fun TooLargeAnswer.toFfi(): dev.tmtp.ffi.TooLargeAnswer =
    when (this) {
        TooLargeAnswer.ACCEPT -> dev.tmtp.ffi.TooLargeAnswer.ACCEPT
        TooLargeAnswer.DISCARD -> dev.tmtp.ffi.TooLargeAnswer.DISCARD
    }
