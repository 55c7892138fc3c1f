package emu

import (
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

func TestP11Ring3MayNot(t *testing.T) {
	tests := map[string][]byte{
		"hlt": {0xf4}, "cli": {0xfa}, "sti": {0xfb}, "in": {0xec}, "in imm": {0xe4, 1}, "out": {0xee},
		"insb": {0x6c}, "outsb": {0x6e},
		"lgdt": {0x0f, 0x01, 0x13}, "lidt": {0x0f, 0x01, 0x1b}, "lldt": {0x0f, 0x00, 0xd0}, "ltr": {0x0f, 0x00, 0xd8},
		"lmsw": {0x0f, 0x01, 0xf0}, "clts": {0x0f, 0x06}, "invd": {0x0f, 0x08}, "wbinvd": {0x0f, 0x09},
		"invlpg": {0x0f, 0x01, 0x3b}, "rdmsr": {0x0f, 0x32}, "wrmsr": {0x0f, 0x30},
		"mov cr0": {0x0f, 0x20, 0xc0}, "mov to cr3": {0x0f, 0x22, 0xd8}, "mov dr7": {0x0f, 0x21, 0xf8},
		"sysexit": {0x0f, 0x35},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, code := range tests {
			t.Run(name, func(t *testing.T) {
				m, c, k := newTaken(t, a, code...)
				ring3(c)
				c.GPR[x86.RBX] = 0x5000
				before := c.Core
				m.Step(0)
				require.NoError(t, m.Err())
				require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t))
				require.Equal(t, before, c.Core)
			})
		}
	})
}

// With IOPL 3 the I/O and interrupt-flag instructions are allowed in ring 3.
func TestP11IOPL(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, code := range [][]byte{{0xfa}, {0xfb}, {0xec}, {0xee}, {0xed}, {0xe5, 7}} {
			m, c, k := newTaken(t, a, code...)
			ring3(c)
			c.RFLAGS |= x86.IOPL
			m.Step(0)
			require.Empty(t, k.traps, "% x", code)
		}
		m, c, _ := newTaken(t, a, 0xec)
		c.GPR[x86.RAX] = 0x11223344
		m.Step(0)
		require.EqualValues(t, 0x112233ff, c.GPR[x86.RAX], "no device answers: all ones in al")
	})
}

func TestP11InvalidOpcodes(t *testing.T) {
	both := map[string][]byte{
		"ud2": {0x0f, 0x0b}, "ud1": {0x0f, 0xb9, 0xc0}, "0f 04": {0x0f, 0x04},
		"lock nop": {0xf0, 0x90}, "lock mov": {0xf0, 0x89, 0x03}, "lock add to register": {0xf0, 0x01, 0xc0},
		"lock cmp": {0xf0, 0x39, 0x03}, "lock bt": {0xf0, 0x0f, 0xa3, 0x03}, "lock int3": {0xf0, 0xcc},
		"mov to cs": {0x8e, 0xc8}, "far call by register": {0xff, 0xd8}, "far jmp by register": {0xff, 0xe8},
		"lea register": {0x8d, 0xc0}, "vmcall": {0x0f, 0x01, 0xc1}, "mov cr1": {0x0f, 0x20, 0xc8},
		"rsm": {0x0f, 0xaa}, "cmpxchg8b register": {0x0f, 0xc7, 0xc8},
	}
	only64 := map[string][]byte{
		"into": {0xce}, "pusha": {0x60}, "push cs": {0x0e}, "aaa": {0x37}, "far jmp": {0xea, 0, 0, 0, 0, 0x10, 0},
		"82 group": {0x82, 0xc0, 1}, "pop ss": {0x17},
	}
	only32 := map[string][]byte{"syscall": {0x0f, 0x05}, "swapgs": {0x0f, 0x01, 0xf8}}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		sets := []map[string][]byte{both, only32}
		if a == x86.AMD64 {
			sets[1] = only64
		}
		for _, set := range sets {
			for name, code := range set {
				t.Run(name, func(t *testing.T) {
					m, c, k := newTaken(t, a, code...)
					c.GPR[x86.RBX] = 0x5000
					before := c.Core
					m.Step(0)
					require.NoError(t, m.Err())
					require.Equal(t, *Fault(x86.VecUD), k.last(t))
					require.Equal(t, before, c.Core)
				})
			}
		}
		m, _, k := newTaken(t, a, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x66, 0x90)
		m.Step(0)
		require.Equal(t, *FaultErr(x86.VecGP, 0), k.last(t), "16 bytes are too long")
	})
}

func TestP11DivideError(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for name, tt := range map[string]struct {
			code     []byte
			rax, rcx uint64
		}{
			"by zero":       {[]byte{0xf7, 0xf1}, 5, 0},
			"too large":     {[]byte{0xf6, 0xf1}, 0xffff, 1},
			"idiv overflow": {[]byte{0xf7, 0xf9}, 0x80000000, 0xffffffff},
		} {
			m, c, k := newTaken(t, a, tt.code...)
			c.GPR[x86.RAX], c.GPR[x86.RCX] = tt.rax, tt.rcx
			if name == "idiv overflow" {
				c.GPR[x86.RDX] = 0xffffffff
			}
			before := c.Core
			m.Step(0)
			require.Equal(t, *Fault(x86.VecDE), k.last(t), name)
			require.Equal(t, before, c.Core)
		}
	})
}

func TestP11DeviceNotAvailable(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, x := range []struct {
			name string
			code []byte
			cr0  uint64
			want x86.Vector
		}{
			{"fld1", []byte{0xd9, 0xe8}, CR0TS, x86.VecNM},
			{"fld1, EM", []byte{0xd9, 0xe8}, CR0EM, x86.VecNM},
			{"fld of an absent page", []byte{0xdd, 0x05, 0, 0, 0, 0x40}, CR0TS, x86.VecNM},
			{"wait", []byte{0x9b}, CR0TS | CR0MP, x86.VecNM},
			{"emms", []byte{0x0f, 0x77}, CR0TS, x86.VecNM},
			{"paddd of MMX, EM", []byte{0x0f, 0xfe, 0xc1}, CR0EM, x86.VecUD},
			{"addps", []byte{0x0f, 0x58, 0xc0}, CR0TS, x86.VecNM},
			{"addps, EM", []byte{0x0f, 0x58, 0xc0}, CR0EM | CR0TS, x86.VecUD},
			{"fxsave, EM", []byte{0x0f, 0xae, 0x00}, CR0EM, x86.VecNM},
			{"movaps of a misaligned operand", []byte{0x0f, 0x28, 0x05, 1, 0, 0, 0x40}, CR0TS, x86.VecNM},
			{"movups to an absent page", []byte{0x0f, 0x11, 0x05, 0, 0, 0, 0x40}, CR0TS, x86.VecNM},
		} {
			t.Run(x.name, func(t *testing.T) {
				m, c, k := newTaken(t, a, x.code...)
				c.Sys.CR0 |= x.cr0
				before := c.Core
				ev := m.Step(0)
				require.NoError(t, m.Err())
				require.Equal(t, []Trap{*Fault(x.want)}, k.traps)
				require.Equal(t, before.RIP, c.RIP)
				require.Empty(t, ev.Reads)
				require.Empty(t, ev.Writes)
			})
		}
	})
}

func TestP11DeviceAvailableAgain(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, code := range [][]byte{{0xd9, 0xe8}, {0x0f, 0x58, 0xc0}, {0x9b}} { // fld1, addps, wait
			m, c, k := newTaken(t, a, code...)
			c.Sys.CR0 |= CR0TS | CR0MP
			m.Step(0)
			require.Equal(t, *Fault(x86.VecNM), k.last(t))
			c.Sys.CR0 &^= CR0TS
			m.Step(0)
			require.NoError(t, m.Err())
			require.Len(t, k.traps, 1)
		}
	})
}

// INS stores ones, OUTS reads and forgets, one iteration a step (P8).
func TestP8StringPortIO(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		m, c, k := newTaken(t, a, 0xf3, 0x6d, 0xf2, 0x66, 0x6f, 0x6c) // rep insl; repne outsw; insb
		c.GPR[x86.RCX], c.GPR[x86.RDI], c.GPR[x86.RSI] = 2, 0x5000, 0x5004
		ev := m.Step(0)
		require.Equal(t, []MemWrite{{Addr: 0x5000, New: 0xffffffff, Size: 4}}, ev.Writes)
		require.EqualValues(t, 0x1000, c.RIP)
		m.Step(0)
		require.EqualValues(t, 0x1002, c.RIP)
		require.EqualValues(t, 0x5008, c.GPR[x86.RDI])
		c.GPR[x86.RCX] = 1
		c.RFLAGS |= x86.DF
		ev = m.Step(0)
		require.Equal(t, []MemRead{{Addr: 0x5004, Value: 0xffff, Size: 2}}, ev.Reads)
		require.EqualValues(t, 0x5002, c.GPR[x86.RSI])
		require.EqualValues(t, 0x1005, c.RIP)
		m.Step(0)
		require.EqualValues(t, 0x5007, c.GPR[x86.RDI])
		require.Empty(t, k.traps)

		m, c, k = newTaken(t, a, 0xf3, 0x6c)
		c.GPR[x86.RDI] = 0x9000
		m.Step(0)
		require.Empty(t, k.traps, "no iteration: no access")
		require.EqualValues(t, 0x1002, c.RIP)
		c.RIP, c.GPR[x86.RCX] = 0x1000, 1
		m.Step(0)
		require.EqualValues(t, 0x9000, k.last(t).CR2)
	})
}
