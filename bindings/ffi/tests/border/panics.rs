//! A panic never crosses: the client says that it is broken, and opened again it has lost nothing.

use std::sync::Arc;

use tmtp_ffi::{Action, KeyAnswer, KeyStore, KeyStoreError, TmtpError};
use tmtp_kit::KitWorld;

use crate::world::{LONG, Stage, With, break_it, first, note};

#[tokio::test]
async fn a_panic_leaves_a_client_that_says_broken_and_can_be_opened_again_with_nothing_lost() {
    let stage = Stage::new().await;
    let world = KitWorld::new();
    let client =
        stage.open_with("ada lovelace", With { world: Some(world.world()), ..With::default() }).await;
    let account = stage.join(&client, "ada lovelace").await.unwrap();
    account.send(note("1"), None).await.unwrap();
    break_it(&client, &world);
    // From then on it says so to everybody, also where nothing panics.
    assert_eq!(client.accounts().await.err(), Some(TmtpError::Broken));
    assert_eq!(account.send(note("2"), None).await.err(), Some(TmtpError::Broken));
    assert_eq!(TmtpError::Broken.action(), Action::Reopen);
    client.stop(LONG).await.unwrap();
    assert_eq!(client.accounts().await.err(), Some(TmtpError::Closed));
    let again = stage.open("ada lovelace").await;
    let account = again.account("here".into()).await.unwrap();
    assert_eq!(account.threads(false, first(10)).await.unwrap().items.len(), 1);
    account.send(note("2"), None).await.unwrap();
    again.stop(LONG).await.unwrap();
}

/// A key store that panics, or that throws what nobody expects.
struct Thrower {
    panics: bool,
}

impl KeyStore for Thrower {
    fn get(&self, _: String) -> Result<KeyAnswer, KeyStoreError> {
        Err(self.throw())
    }
    fn put(&self, _: String, _: Vec<u8>) -> Result<(), KeyStoreError> {
        Err(self.throw())
    }
    fn remove(&self, _: String) -> Result<(), KeyStoreError> {
        Err(self.throw())
    }
}

impl Thrower {
    fn throw(&self) -> KeyStoreError {
        assert!(!self.panics, "thrown on purpose");
        let reason = "java.lang.IllegalStateException: 7XK2\n  at com.example".to_owned();
        uniffi::UnexpectedUniFFICallbackError { reason }.into()
    }
}

#[tokio::test]
async fn a_key_store_that_throws_is_one_that_fails() {
    for panics in [false, true] {
        let stage = Stage::new().await;
        let keys = Arc::new(Thrower { panics });
        let client = stage.open_with("ada lovelace", With { keys: Some(keys), ..With::default() }).await;
        let joined = stage.join(&client, "ada lovelace").await.err();
        assert!(matches!(joined, Some(TmtpError::KeyStore | TmtpError::Locked)), "{joined:?}");
        assert!(client.accounts().await.is_ok());
        client.stop(LONG).await.unwrap();
    }
}

#[test]
fn what_a_foreign_store_throws_goes_no_further() {
    let reason = "java.lang.IllegalStateException: 7XK2\n  at com.example".to_owned();
    let error = KeyStoreError::from(uniffi::UnexpectedUniFFICallbackError { reason });
    assert!(!format!("{error} {error:?}").contains("7XK2"));
}
