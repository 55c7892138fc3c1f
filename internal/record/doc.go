// Package record remembers a run of a machine so that any step of it can be
// reached again, forwards and backwards, and so that it can be replayed on
// another machine.
//
// A machine is deterministic (S1, S2): who took each step is all that a run
// consists of. A Timeline keeps that, one byte for a run of steps by one vCPU,
// and checkpoints, which are snapshots at a distance that grows with the run.
// Going back restores the checkpoint before and steps from there, so what
// comes back is state. Taking another step than the recorded one starts a
// branch; the old line stays. A File is a run on disk: see File.Encode.
package record
