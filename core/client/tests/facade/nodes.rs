//! A second device of one member.

use tmtp_client::{Error, NodeTicket};

use crate::world::{LONG, Person, World};

#[tokio::test]
async fn a_second_device_gets_what_comes_from_then_on() {
    let world = World::new().await;
    let (ada, bob) = world.friends().await;
    let ticket = ada.here.add_node("tablet".parse().unwrap(), LONG).await.unwrap();
    let again = ada.here.add_node("tablet".parse().unwrap(), LONG).await.unwrap();
    assert_eq!(ticket, again);
    let copied: NodeTicket = ticket.reveal().parse().unwrap();

    let tablet = world.newcomer("tablet").await;
    let here = tablet.join_node(copied, None).await.unwrap();
    let tablet = Person { client: tablet, here, alias: ada.alias.clone() };
    tablet.looks().await;
    ada.here.forget_node_ticket("tablet".parse().unwrap()).await.unwrap();

    bob.writes(&ada, "To both", &[]).await;
    bob.looks().await;
    assert_eq!(ada.looks().await.arrived_count, 1);
    tablet.looks().await;
    assert_eq!(tablet.threads().await.first().unwrap(), "To both");
    // What one device writes is at the other too.
    ada.answers(ada.newest().await, "From the phone").await;
    ada.looks().await;
    tablet.looks().await;
    assert_eq!(tablet.texts(tablet.newest().await).await, ["About To both", "From the phone"]);
    world.is_content();
}

#[tokio::test]
async fn a_ticket_is_used_under_a_name_of_its_own() {
    let world = World::new().await;
    let ada = world.member("ada lovelace").await;
    let ticket = ada.here.add_node("tablet".parse().unwrap(), LONG).await.unwrap();
    let taken = ada.client.join_node(ticket.clone(), Some(ada.here.name().clone())).await;
    assert!(matches!(taken, Err(Error::NameTaken)));
}
