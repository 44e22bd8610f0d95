use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use super::*;

#[track_caller]
fn check_v4(intervals: &[(u32, u32)]) {
    let map = IntervalMap::new(intervals, &[]).unwrap();
    let edges = intervals.iter().flat_map(|(start, _)| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
    for address in edges.chain([0, u32::MAX]) {
        let after = intervals.partition_point(|(start, _)| *start <= address);
        let expected = if after == 0 { 0 } else { intervals[after - 1].1 };
        assert_eq!(map.get(IpAddr::V4(Ipv4Addr::from_bits(address))), expected, "{address:#x} in {intervals:x?}");
    }
}

#[track_caller]
fn check_v6(intervals: &[(u128, u32)]) {
    let map = IntervalMap::new(&[], intervals).unwrap();
    let edges = intervals.iter().flat_map(|(start, _)| [start.wrapping_sub(1), *start, start.wrapping_add(1)]);
    for address in edges.chain([0, u128::MAX]) {
        let after = intervals.partition_point(|(start, _)| *start <= address);
        let expected = if after == 0 { 0 } else { intervals[after - 1].1 };
        assert_eq!(map.get(IpAddr::V6(Ipv6Addr::from_bits(address))), expected, "{address:#x} in {intervals:x?}");
    }
}

#[test]
fn evenly_spaced_intervals_are_found() {
    for count in [0, 1, 2, 7, 8, 9, 10, 63, 64, 65, 1_000, 20_000] {
        for width in [1_u32, 3, 256, 257, 65_535] {
            for first in [0, 1, 0x0a00_0000, u32::MAX - (count * width).saturating_sub(width).min(u32::MAX - 1)] {
                let starts = (0..count).map_while(|index| first.checked_add(index.checked_mul(width)?));
                check_v4(&starts.zip(1..).collect::<Vec<_>>());
            }
        }
    }
}

#[test]
fn clusters_at_every_scale_are_found() {
    // Starts that halve the distance to a point again and again give the deepest tables.
    for point in [0_u128, 0x2001_0db8 << 96, u128::MAX] {
        let mut starts: Vec<u128> = (0..128).flat_map(|bit| [point ^ 1 << bit, point ^ 3 << bit]).collect();
        starts.push(point);
        starts.sort_unstable();
        starts.dedup();
        check_v6(&starts.iter().copied().zip(1..).collect::<Vec<_>>());
        let dense = starts.iter().flat_map(|start| (0..20).map(move |offset| start.saturating_add(offset * 3)));
        let mut dense: Vec<u128> = dense.collect();
        dense.sort_unstable();
        dense.dedup();
        check_v6(&dense.iter().copied().zip(1..).collect::<Vec<_>>());
        let mut narrow: Vec<u32> =
            dense.iter().map(|start| (start >> 96) as u32).chain(dense.iter().map(|start| *start as u32)).collect();
        narrow.sort_unstable();
        narrow.dedup();
        check_v4(&narrow.iter().copied().zip(1..).collect::<Vec<_>>());
    }
}

#[test]
fn numbers_are_found_however_far_apart() {
    let numbers: [fn(u32) -> u32; 8] = [
        |index| index % 2,
        |index| index % 2 * GREATEST_VALUE,
        |index| GREATEST_VALUE - index,
        |index| index.wrapping_mul(0x9e37_79b9) >> 1,
        |index| index * 126,
        |index| index * 127,
        |index| index % 3 * 127,
        // Nothing but 0 for some blocks, one other number for some, and both for some.
        |index| index / 192 % 2 * 5,
    ];
    for number in numbers {
        // A slot each, from the first slot of a block on or within one; or some in a slot.
        for (first, width) in [(0, 256), (77 << 8, 256), (128, 256), (1 << 20, 100)] {
            let starts = (0..2_000_u32).map(|index| first + index * width);
            check_v4(&starts.zip(0..).map(|(start, index)| (start, number(index))).collect::<Vec<_>>());
        }
    }
}

#[test]
fn equal_neighbours_cost_nothing() {
    let alike: Vec<(u32, u32)> = (0..10_000).map(|index| (index << 8, 7)).collect();
    check_v4(&alike);
    let one = IntervalMap::new(&[(0, 7)], &[]).unwrap();
    assert_eq!(IntervalMap::new(&alike, &[]).unwrap().bytes(), one.bytes());
}

#[test]
fn small_maps_take_few_bytes() {
    let bytes = |count: u32| {
        let starts = (1..=count).map(|index| index * 0x0010_0500);
        IntervalMap::new(&starts.zip(1..).collect::<Vec<_>>(), &[]).unwrap().bytes()
    };
    // A start and a number each.
    for count in [0, 1, 3, 6, 200, 512] {
        assert_eq!(bytes(count), 8 * count as usize);
    }
    // A table's blocks and codes keep within their budget, and there are few runs.
    for count in [513, 1_000, 3_000] {
        assert!(bytes(count) <= 32 * count as usize, "{} for {count}", bytes(count));
    }
}

#[test]
fn crowds_far_apart_are_found() {
    // Most of what lies between is empty, so that the slots of the first table are wide, and those of nested ones narrow.
    for crowds in [2_u32, 3, 17] {
        let starts = (0..crowds).flat_map(|crowd| (0..1_000).map(move |index| crowd * 0x0f00_0000 + 5 + index * 3));
        check_v4(&starts.clone().zip(1..).collect::<Vec<_>>());
        let wide = |shift: u32| starts.clone().map(move |start| u128::from(start) << shift);
        for shift in [0, 40, 64, 90] {
            check_v6(&wide(shift).zip(1..).collect::<Vec<_>>());
        }
    }
}

#[test]
fn what_is_no_map_is_refused() {
    let error = |v4: &[(u32, u32)], v6: &[(u128, u32)]| IntervalMap::new(v4, v6).unwrap_err();
    assert_eq!(error(&[(0, 1), (5, 2), (5, 3)], &[]), IntervalsError::Unsorted { index: 2 });
    assert_eq!(error(&[], &[(7, 1), (6, 2)]), IntervalsError::Unsorted { index: 1 });
    assert_eq!(error(&[(1, GREATEST_VALUE), (2, GREATEST_VALUE + 1)], &[]), IntervalsError::ValueTooGreat { index: 1 });
    check_v4(&[(1, GREATEST_VALUE)]);
}
