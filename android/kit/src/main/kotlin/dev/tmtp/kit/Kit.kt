package dev.tmtp.kit

import dev.tmtp.KitOnly
import dev.tmtp.SiteAddress
import dev.tmtp.World
import dev.tmtp.kit.ffi.KitHostile
import dev.tmtp.kit.ffi.KitMember
import dev.tmtp.kit.ffi.KitRelay
import dev.tmtp.kit.ffi.KitSite
import dev.tmtp.kit.ffi.KitWorld
import dev.tmtp.kit.ffi.SiteCount
import dev.tmtp.kit.ffi.SiteOptions
import dev.tmtp.kit.ffi.startHostile
import dev.tmtp.kit.ffi.startRelay
import dev.tmtp.kit.ffi.startSite
import kotlin.time.Duration
import dev.tmtp.kit.ffi.joinMember as joinMemberAt

/**
 * A site, a bad network and other members inside a test process, for tests of an app: see the generated
 * `dev.tmtp.kit.ffi` for what each of them can do. This object and the functions beside it only speak the types of the
 * library that the app uses.
 *
 * ```
 * val site = Kit.site()
 * val bela = site.join("Bela Buchfink")
 * val account = client.join(site.where, Alias("Anna Amsel"))
 * bela.send(listOf(account.status().uid!!.text), "Tea", "At five?", emptyList())
 * bela.awaitSent(10_000)
 * ```
 *
 * The library `tmtp_kit` holds that of the app whole. A test process loads it for both:
 * `-Duniffi.component.tmtp_ffi.libraryOverride=…/libtmtp_kit.so`, and the same for `tmtp_kit`.
 */
public object Kit {
    /** Starts a site in this process, over TLS. */
    public suspend fun site(options: SiteOptions = SiteOptions()): KitSite = startSite(options)

    /** Starts a bad network in front of a site. An app joins its address instead of the site's. */
    public suspend fun relay(site: KitSite): KitRelay = startRelay(site.address())

    /** Starts a site that can turn hostile, in front of a real one. */
    public suspend fun hostile(site: KitSite): KitHostile = startHostile(site.address())
}

/** Where to join. */
public val KitSite.where: SiteAddress get() = SiteAddress(address())

/** Where to join instead of the site. */
public val KitRelay.where: SiteAddress get() = SiteAddress(address())

/** Where to join instead of the site. */
public val KitHostile.where: SiteAddress get() = SiteAddress(address())

/** Makes another member of this site. */
public suspend fun KitSite.join(alias: String): KitMember = joinMemberAt(address(), alias)

/** Waits until something has happened at least so often. */
public suspend fun KitSite.await(
    what: SiteCount,
    atLeast: Long,
    deadline: Duration,
): Long = awaitCount(what, atLeast, deadline.inWholeMilliseconds)

/** What `Tmtp.open` is given. */
@OptIn(KitOnly::class)
public val KitWorld.below: World get() = World(world())
