package dev.tmtp

import kotlin.time.Duration

/**
 * Thrown by the calls of this library that cannot do what was asked. The call has then changed nothing, unless its
 * documentation says more. Besides this only a cancelled coroutine's own exception comes out of a call.
 *
 * @property error what went wrong, for a `when` that deals with each case
 * @property code a stable word for logs and for tables of texts
 * @property action what the caller can do
 * @property retryAfter after what time the same call may well succeed without anybody changing anything; `null` if it
 *   will not
 */
public class TmtpException internal constructor(
    public val error: TmtpError,
    public val code: String,
    public val action: Action,
    public val retryAfter: Duration?,
    cause: Throwable?,
) : Exception(code, cause)

/** What the caller of a failed call can do. */
public enum class Action {
    /** Let the person mend what was entered. */
    MEND_INPUT,

    /** Let the person choose something else: another name, recipient, alias or file. */
    CHOOSE_ANOTHER,

    /** Read the list again: it has changed. */
    READ_AGAIN,

    /** Try again later; nobody has to change anything. */
    RETRY_LATER,

    /** Let the person make room. */
    FREE_SPACE,

    /** Let the person ask whoever runs the site. */
    ASK_SITE,

    /** Update the app. */
    UPDATE,

    /** Salvage the account. */
    SALVAGE,

    /** Show the archive; nothing can be sent. */
    READ_ONLY,

    /** Wait until the device is unlocked, and say so by [Client.unlocked]. */
    WAIT_FOR_UNLOCK,

    /** Let the person look at the device's clock. */
    SET_CLOCK,

    /** Say that the app is back, by [Client.resumed], then ask again. */
    RESUME,

    /** Stop the client, and open it again. */
    REOPEN,

    /** Nothing: the caller wanted it so. */
    NOTHING,
}
