// Package emu is the machine: 1-8 x86 vCPUs over one physical memory, address
// spaces, registers, pending traps, snapshots and state hashes. Instructions
// are run by package interp, and those that touch privilege, descriptor tables,
// debug registers or clocks by the machine itself.
//
// There are two ways to go on. [Machine.Step] does one step and tells
// everything about it: an instruction, a delivery, or a micro-step.
// [Machine.Run] runs plain instructions at the library's full speed, without
// events but with the same outcome to the last clock tick, until something
// needs Step:
//
//	for left > 0 {
//		n, why := m.Run(id, left)
//		left -= n
//		if why == emu.RunStep {
//			ev := m.Step(id)
//			left--
//			...
//		}
//	}
//
// How a kernel takes vectors and hypercalls is the [Kernel]'s business.
package emu
