use super::*;

fn partition(capacity: usize, start: Start) -> (Partition, mpsc::Receiver<LogBatch>) {
    let (sender, receiver) = mpsc::channel(capacity);
    (Partition::new(KafkaPartition::new("t", 0), start, OnHole::Stop, sender), receiver)
}

fn from(offset: i64) -> Start {
    Start { batch_from: offset, next_offset: offset, hole: None }
}

fn push(partition: &mut Partition, offset: i64) {
    partition.push(offset, Timestamp(offset), Headers::default(), offset.to_string().as_bytes());
}

fn handed_over(partition: &mut Partition) -> HandedOver {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    let runtime = runtime.worker_threads(1).enable_time().build().expect("a runtime");
    partition.hand_over(runtime.handle(), Duration::from_millis(1))
}

#[test]
fn batches_are_contiguous_over_offsets_without_messages() {
    let (mut partition, mut received) = partition(8, from(10));
    push(&mut partition, 12);
    push(&mut partition, 15);
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    partition.skip_to(20);
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    push(&mut partition, 20);
    assert_eq!(handed_over(&mut partition), HandedOver::All);

    let batches: Vec<_> = std::iter::from_fn(|| received.try_recv().ok()).collect();
    let ranges: Vec<_> = batches.iter().map(|batch| (batch.from, batch.to, batch.messages.len())).collect();
    assert_eq!(ranges, [(10, 16, 2), (16, 20, 0), (20, 21, 1)]);
    assert_eq!(batches[0].messages[1].payload, "15");
    assert_eq!(batches[0].messages[1].received_at, Timestamp(15));
}

#[test]
fn messages_fetched_twice_are_taken_once() {
    let (mut partition, mut received) = partition(8, from(0));
    for offset in [0, 1, 0, 1, 2] {
        push(&mut partition, offset);
    }
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    let offsets: Vec<_> = received.try_recv().expect("a batch").messages.iter().map(|m| m.offset).collect();
    assert_eq!(offsets, [0, 1, 2]);
}

#[test]
fn a_hole_comes_with_the_batch_that_spans_it() {
    let (mut partition, mut received) = partition(8, from(0));
    push(&mut partition, 0);
    partition.skip_hole(5);
    push(&mut partition, 5);
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    assert_eq!(received.try_recv().expect("a batch").hole, None);
    let spanning = received.try_recv().expect("a batch");
    let hole = OffsetRange { kafka_partition: KafkaPartition::new("t", 0), from: 1, to: 5 };
    assert_eq!((spanning.from, spanning.to, spanning.hole), (1, 6, Some(hole)));
}

#[test]
fn what_does_not_fit_waits_in_order() {
    let (mut partition, mut received) = partition(1, from(0));
    push(&mut partition, 0);
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    push(&mut partition, 1);
    assert_eq!(handed_over(&mut partition), HandedOver::Some);
    push(&mut partition, 2);
    assert_eq!(handed_over(&mut partition), HandedOver::Some);
    let mut ranges = Vec::new();
    while let Ok(batch) = received.try_recv() {
        ranges.push((batch.from, batch.to));
        handed_over(&mut partition);
    }
    assert_eq!(ranges, [(0, 1), (1, 2), (2, 3)]);
    drop(received);
    push(&mut partition, 3);
    assert_eq!(handed_over(&mut partition), HandedOver::Refused);
}

#[test]
fn large_batches_are_split() {
    let (mut partition, mut received) = partition(8, from(0));
    for offset in 0..5_000 {
        push(&mut partition, offset);
    }
    assert_eq!(handed_over(&mut partition), HandedOver::All);
    assert_eq!(received.try_recv().map(|batch| (batch.from, batch.to)), Ok((0, 4_096)));
    assert_eq!(received.try_recv().map(|batch| (batch.from, batch.to)), Ok((4_096, 5_000)));
}
