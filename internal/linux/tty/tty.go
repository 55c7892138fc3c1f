// Package tty is pseudoterminals: two ends, of which a program that shows a terminal has one, the master, and those that
// run on it the other, the slave, with the line discipline between them (drivers/tty/n_tty.c, pty.c).
package tty

import (
	"slices"

	"trapline/internal/emu"
	"trapline/internal/linux/abi"
	"trapline/internal/linux/state"
	"trapline/internal/linux/vfs"
)

// Sizes of buffers, in bytes.
const (
	LineSize = 4096    // what the line discipline holds for the slave's readers (N_TTY_BUF_SIZE)
	farSize  = 1 << 16 // what is on its way to an end (TTYB_DEFAULT_MEM_LIMIT)
)

// Pair is a pseudoterminal.
type Pair struct {
	Index          int // its number below /dev/pts
	Termios        abi.Termios2
	Size           abi.Winsize
	Session, Group int // whose controlling terminal it is, and the process group in the foreground; 0: none
	Slaves         int // descriptions of the slave's end that are open
	UID, GID       uint32
	Mode           uint32 // permissions of the slave's name
	Gone           bool   // the master's end is closed
	Left           bool   // the slave's end was open and is not
	Locked         bool   // against opening the slave's end
	Exclusive      bool   // only root opens the slave's end (TIOCEXCL)
	Packet         bool   // TIOCPKT
	status         byte   // TIOCPKT_*, of packet mode
	Stopped        bool   // output is held (^S, TCOOFF)
	byCall         bool   // it was TCOOFF
	Wakes          vfs.Wakes

	looked             int    // how many bytes of far have held output or let it go on
	far                []byte // written to the master's end, before the line discipline
	input              []byte // behind it, for the slave's end
	lines              []int  // where lines end in input, with the byte that ends them; of EOF that is a 0
	output             []byte // for the master's end
	echoes             []echo // that are not shown yet
	column, lineColumn int    // of the next byte, and where the line that is edited begins
	literal            bool   // the next byte stands for itself
	erasing            bool   // between the strokes of ECHOPRT
}

// PairKind is pairs as a kind of object.
var PairKind = state.Kind[Pair]{Hash: (*Pair).hash, Own: (*Pair).own, Bytes: (*Pair).held}

// New is a pseudoterminal whose master's end was just opened.
func New(index int, uid, gid uint32) *Pair {
	p := &Pair{Index: index, UID: uid, GID: gid, Mode: 0o620, Locked: true}
	p.Termios = abi.Termios2{
		Iflag: abi.ICRNL | abi.IXON, Oflag: abi.OPOST | abi.ONLCR, Cflag: abi.B38400 | abi.CS8 | abi.CREAD,
		Lflag:  abi.ISIG | abi.ICANON | abi.ECHO | abi.ECHOE | abi.ECHOK | abi.ECHOCTL | abi.ECHOKE | abi.IEXTEN,
		Ispeed: 38400, Ospeed: 38400,
		Cc: [abi.NCCS]uint8{
			abi.VINTR: 'C' - '@', abi.VQUIT: '\\' - '@', abi.VERASE: 0x7f, abi.VKILL: 'U' - '@', abi.VEOF: 'D' - '@', abi.VMIN: 1, abi.VSTART: 'Q' - '@',
			abi.VSTOP: 'S' - '@', abi.VSUSP: 'Z' - '@', abi.VREPRINT: 'R' - '@', abi.VDISCARD: 'O' - '@', abi.VWERASE: 'W' - '@', abi.VLNEXT: 'V' - '@',
		},
	}
	return p
}

func (p *Pair) has(local uint32) bool { return p.Termios.Lflag&local != 0 }

// is reports whether b is one of the control characters, of which a 0 is none.
func (p *Pair) is(b byte, which ...int) bool {
	return b != 0 && slices.ContainsFunc(which, func(i int) bool { return p.Termios.Cc[i] == b })
}

// changed counts what wakes who waits for an end.
func (p *Pair) changed() {
	p.Wakes.In++
	p.Wakes.Out++
}

// tells notes what packet mode reports, and takes back what it is the opposite of.
func (p *Pair) tells(status, not byte) {
	if p.Packet {
		p.status = p.status&^not | status
	}
}

func (p *Pair) own() {
	p.far, p.input, p.output, p.echoes = slices.Clone(p.far), slices.Clone(p.input), slices.Clone(p.output), slices.Clone(p.echoes)
	p.lines = slices.Clone(p.lines)
}

func (p *Pair) held() int {
	return len(p.far) + len(p.input) + len(p.output) + 2*len(p.echoes) + 8*len(p.lines)
}

func (p *Pair) hash(h *emu.Hasher, _ *state.Objects) {
	state.Words(h, uint64(p.Index), uint64(p.Session), uint64(p.Group), uint64(p.Slaves), uint64(p.UID), uint64(p.GID), uint64(p.Mode), uint64(p.status), uint64(p.column), uint64(p.lineColumn), uint64(p.looked))
	for _, b := range []bool{p.Gone, p.Left, p.Locked, p.Exclusive, p.Packet, p.Stopped, p.byCall, p.literal, p.erasing} {
		h.Bool(b)
	}
	h.Bytes(abi.Marshal(8, p.Termios))
	h.Bytes(abi.Marshal(8, p.Size))
	for _, b := range [][]byte{p.far, p.input, p.output} {
		h.Bytes(b)
	}
	h.Uint64(uint64(len(p.echoes)))
	for _, e := range p.echoes {
		state.Words(h, uint64(e.does), uint64(e.what))
	}
	h.Uint64(uint64(len(p.lines)))
	for _, at := range p.lines {
		h.Uint64(uint64(at))
	}
}
