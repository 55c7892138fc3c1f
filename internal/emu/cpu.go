package emu

import (
	"fmt"

	"trapline/internal/emu/regs"
	"trapline/internal/emu/unicorn"
	"trapline/internal/x86"
)

// CPU is one vCPU: registers, what is pending, and the address space it uses.
type CPU struct {
	ID int
	Core
	Sys   System
	Space *Space

	Halted   bool
	Shutdown string // why it stopped for good, or ""
	Retired  uint64 // instructions

	pending  [2]Trap // at most a #DB and what a micro-step raised
	nPending int
	heldDR6  uint64 // #DB conditions held off by a MOV SS shadow (P7)
	fetched  prefetched
	stores   *storeBuffer
	irqs     [4]uint64 // external interrupts raised and not taken, by vector; of VecNMI, the NMI
	inNMI    bool      // an NMI was taken and no IRET ran since: the next one waits

	bus     bus
	ctx     *unicorn.Context
	ext     regs.Extended
	extIn   extendedPlace
	fpuUsed bool  // ext may differ from that after reset
	on      *view // whose instance holds exactly last
	last    Core
	x       unicorn.Exit
	saved   *cpuSnapshot // the last one taken or restored, or nil
}

// resetExtended is the x87, SSE and AVX state of a new thread.
var resetExtended = regs.ResetExtended()

func (m *Machine) newCPU(id int, s *Space) (*CPU, error) {
	v, err := s.view(false)
	if err != nil {
		return nil, err
	}
	ctx, err := v.eng.NewContext()
	if err != nil {
		return nil, err
	}
	c := &CPU{ID: id, Space: s, ctx: ctx, ext: resetExtended, extIn: extendedHere} // the library starts with zeros
	c.bus = bus{m: m, c: c}
	c.RFLAGS = x86.FlagsFixed
	c.Sys.CR0 = CR0PE | CR0NE | CR0WP | CR0AM | CR0PG
	c.Sys.CR4 = CR4OSFXSR | CR4OSXMMEXCPT | CR4DE
	if m.level.has(extXSAVE) {
		c.Sys.CR4 |= CR4OSXSAVE
		c.Sys.XCR0 = xcr0Bits
	}
	c.Sys.DR[6], c.Sys.DR[7] = DR6Fixed, DR7Fixed
	if m.Arch == x86.AMD64 {
		c.Sys.EFER = EFERSCE | EFERLME | EFERLMA | EFERNXE
	}
	return c, nil
}

func (c *CPU) close() {
	if c.ctx != nil {
		c.ctx.Close()
		c.ctx = nil
	}
}

// LinearPC is CS.base + RIP, cut to the width of the code.
func (c *CPU) LinearPC() uint64 { return c.linear(x86.CS, c.RIP) }

// LinearSP is the stack pointer's linear address.
func (c *CPU) LinearSP() uint64 { return c.linear(x86.SS, c.stackAt(0)) }

// cutCode cuts an instruction pointer to the width of the code.
func (c *CPU) cutCode(ip uint64) uint64 {
	if c.Code64 == 0 {
		return ip & 0xffffffff
	}
	return ip
}

// User reports whether the vCPU runs in ring 3.
func (c *CPU) User() bool { return c.CPL == 3 }

// Raise queues a trap for delivery before the next instruction.
func (c *CPU) Raise(t Trap) {
	if c.nPending < len(c.pending) {
		c.pending[c.nPending] = t
		c.nPending++
	}
}

// Pending lists the traps that wait for delivery.
func (c *CPU) Pending() []Trap { return c.pending[:c.nPending] }

func (c *CPU) takePending() Trap {
	t := c.pending[0]
	copy(c.pending[:], c.pending[1:c.nPending])
	c.nPending--
	return t
}

// CanStep reports whether a step of this vCPU would do anything.
func (c *CPU) CanStep() bool {
	return c.Shutdown == "" && (!c.Halted || c.nPending > 0 || c.interrupted())
}

// Reg reads a general register at the machine's width.
func (c *CPU) Reg(r x86.Reg) uint64 { return c.GPR[r] }

// SetReg writes a general register, cut to the machine's width.
func (c *CPU) SetReg(r x86.Reg, v uint64) { c.GPR[r] = c.Space.arch.Mask(v) }

// String is a short place: "cpu0 ring 0 at 0xc0100000".
func (c *CPU) String() string {
	return fmt.Sprintf("cpu%d ring %d at %#x", c.ID, c.CPL, c.LinearPC())
}
