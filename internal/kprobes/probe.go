// Package kprobes is the probe machinery in its generations: registering,
// hits, single stepping, re-arming, faults. An engine's state lies in guest
// memory as the kernel's would; what only the simulator counts is a snapshot
// part of its own.
package kprobes

import (
	"trapline/internal/emu"
	"trapline/internal/traps"
)

// HandlerKind says when a handler runs.
type HandlerKind uint8

// The three handlers of struct kprobe, and struct kretprobe's.
const (
	Pre HandlerKind = iota
	Post
	Fault
	OnReturn // of a return probe
)

func (k HandlerKind) String() string { return [...]string{"pre", "post", "fault", "return"}[k] }

// Action is a handler written in Go or built in: it runs as one micro-step. The
// result matters for fault handlers only: non-zero means fixed. One Action
// serves every machine that a search makes, several at the same time, so it
// holds on to no machine and to nothing that changes. What it reads and changes
// it reaches through the Call, which records it (V2).
type Action func(*Call) uint64

// Handler is what a pointer of struct kprobe points to: nothing (the zero
// value), an Action, or a guest function.
type Handler struct {
	Action Action
	Guest  uint64 // address of a guest function, if Action is nil
}

// Set reports whether the pointer is not NULL.
func (h Handler) Set() bool { return h.Action != nil || h.Guest != 0 }

// Probe describes a probe to register.
type Probe struct {
	Name  string
	Addr  uint64
	Pre   Handler // required by every engine's code, checked by none of 2002 (K18)
	Post  Handler
	Fault Handler

	Return *Return // nil: no return probe
}

// Call is what an Action gets to work on. It is valid until the Action
// returns.
type Call struct {
	Kind  HandlerKind
	Probe *Probe
	Index int // of the probe
	CPU   *emu.CPU
	Door  emu.Door
	Regs  traps.PtRegs
	Arg   uint64 // Post: flags (0 in 2002); Fault: the trap number
	Ret   Ret    // OnReturn: the call

	g *Manager
}

// Host is what actions of the machine's owner work on: see Manager.SetHost.
func (c *Call) Host(key any) any { return c.g.hosts[key] }

// Count reads a count of the probe.
func (c *Call) Count(n Count) uint64 { return c.g.Read(c.Door, c.Index, n) }

// SetHost gives the actions that ask for key what they work on in this
// machine. A key has a type of its own, as those of a context have.
func (g *Manager) SetHost(key, host any) { g.hosts[key] = host }

// Stats counts what happened to one probe. Plain values.
type Stats struct {
	Registered bool
	Hits       uint64 // pre-handler about to be called
	Posts      uint64 // steps completed
	Faults     uint64 // fault handler consulted or fault during the hit
	Executions uint64 // the probed instruction retired, by anyone
	Missed     uint64 // it retired without a hit (K11)
	Reentrant  uint64 // hits inside a hit, no handler called (K7)
	Nmissed    uint64 // hits that engine modern counted without a handler (O4), calls without a free instance (E7)
	Skipped    uint64 // of Nmissed: hits inside a hit, stepped without a handler (O4)
	Unposted   uint64 // steps completed without its post_handler, as it was disabled or taken out meanwhile (M5)
	Lost       bool   // its breakpoint was taken out and nobody will put it back (K7)
}
