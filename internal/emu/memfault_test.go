package emu

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"trapline/internal/rigs/testkit"
	"trapline/internal/x86"
)

// Page-fault error codes and CR2 as a processor gives them (SDM vol. 3, 4.7).
// Read-modify-write instructions fault as writes: seen on hardware.
func TestP11PageFaultErrorCodes(t *testing.T) {
	const none, ro = 0x40000, 0x6000
	tests := []struct {
		name string
		code []byte
		ebx  uint64
		err  uint32
		cr2  uint64
	}{
		{"read absent", []byte{0x8b, 0x03}, none, 0, none},
		{"write absent", []byte{0x89, 0x03}, none, PFWrite, none},
		{"write read-only", []byte{0x89, 0x03}, ro, PFProt | PFWrite, ro},
		{"add to absent", []byte{0x01, 0x03}, none, PFWrite, none},
		{"lock add to absent", []byte{0xf0, 0x01, 0x03}, none, PFWrite, none},
		{"add to read-only", []byte{0x01, 0x03}, ro, PFProt | PFWrite, ro},
		{"xchg with absent", []byte{0x87, 0x03}, none, PFWrite, none},
		{"cmpxchg absent", []byte{0x0f, 0xb1, 0x0b}, none, PFWrite, none},
		{"failing cmpxchg of read-only", []byte{0x0f, 0xb1, 0x0b}, ro, PFProt | PFWrite, ro},
		{"bts absent", []byte{0x0f, 0xba, 0x2b, 1}, none, PFWrite, none},
		{"bt absent", []byte{0x0f, 0xba, 0x23, 1}, none, 0, none},
		{"cmp absent", []byte{0x39, 0x03}, none, 0, none},
		{"test absent", []byte{0x85, 0x03}, none, 0, none},
		{"shl absent", []byte{0xd1, 0x23}, none, PFWrite, none},
		{"not absent", []byte{0xf7, 0x13}, none, PFWrite, none},
		{"inc absent", []byte{0xff, 0x03}, none, PFWrite, none},
		{"read across into absent", []byte{0x8b, 0x03}, 0x5ffe, 0, 0x6000},
		{"read across from absent", []byte{0x8b, 0x03}, 0x4ffe, 0, 0x4ffe},
		{"write across into absent", []byte{0x89, 0x03}, 0x5ffe, PFWrite, 0x6000},
		{"write across from absent", []byte{0x89, 0x03}, 0x4ffe, PFWrite, 0x4ffe},
		{"16 bytes across into absent", []byte{0x0f, 0x11, 0x03}, 0x5ff4, PFWrite, 0x6000},
		{"16 bytes, second half absent", []byte{0x0f, 0x11, 0x03}, 0x5ff8, PFWrite, 0x6000},
		{"16 bytes across read-only", []byte{0x0f, 0x11, 0x03}, 0x5ff8, PFProt | PFWrite, 0x6000},
		{"write across into read-only", []byte{0x89, 0x03}, 0x5ffd, PFProt | PFWrite, 0x6000},
		{"push on absent", []byte{0x54}, 0, PFWrite, 0},
	}
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		for _, tt := range tests {
			for _, user := range []bool{false, true} {
				t.Run(tt.name+map[bool]string{true: ", ring 3"}[user], func(t *testing.T) {
					m, c, k := newTaken(t, a, tt.code...)
					require.NoError(t, m.WriteBytes(c.Space, 0x5000, bytes.Repeat([]byte{0xee}, PageSize)))
					cr2, want := tt.cr2, tt.err
					if tt.err&PFProt != 0 {
						f, err := m.Mem.Alloc()
						require.NoError(t, err)
						require.NoError(t, c.Space.Map(ro, f, 1, User))
					}
					if user {
						ring3(c)
						want |= PFUser
					}
					if tt.name == "push on absent" {
						c.GPR[x86.RSP] = none
						cr2 = none - uint64(a.Word())
					}
					c.GPR[x86.RBX], c.GPR[x86.RAX] = tt.ebx, 0xaabbccdd
					before, hash := c.Core, m.Mem.hash()
					ev := m.Step(0)
					require.NoError(t, m.Err())
					require.Equal(t, Trap{Vector: x86.VecPF, Kind: Exception, HasErr: true, ErrCode: want, SetCR2: true, CR2: cr2}, k.last(t))
					require.Equal(t, cr2, c.Sys.CR2)
					require.Equal(t, before, c.Core, "registers as before")
					require.Equal(t, hash, m.Mem.hash(), "memory as before")
					require.Empty(t, ev.Writes, "a refused write is no write")
				})
			}
		}
	})
}

func TestP11FetchFaults(t *testing.T) {
	testkit.EachArch(t, func(t *testing.T, a x86.Arch) {
		fetch := uint32(0)
		if a == x86.AMD64 {
			fetch = PFFetch
		}
		tests := []struct {
			name string
			rip  uint64
			user bool
			err  uint32
			cr2  uint64
		}{
			{"absent", 0x40000, false, 0, 0x40000},
			{"not executable", 0x5000, false, PFProt, 0x5000},
			{"kernel page from ring 3", 0x9000, true, PFProt | PFUser, 0x9000},
			{"second half absent", 0x1ffe, false, 0, 0x2000},
			{"second half not executable", 0x9ffe, false, PFProt, 0xa000},
		}
		for _, tt := range tests {
			t.Run(tt.name, func(t *testing.T) {
				m, c, k := newTaken(t, a)
				for va, prot := range map[uint64]Prot{0x9000: Exec, 0xa000: Write} {
					f, err := m.Mem.Alloc()
					require.NoError(t, err)
					require.NoError(t, c.Space.Map(va, f, 1, prot))
					require.NoError(t, m.WriteBytes(c.Space, va, []byte{0x90}))
				}
				require.NoError(t, m.WriteBytes(c.Space, 0x1ffe, []byte{0xb8, 1}))
				require.NoError(t, m.WriteBytes(c.Space, 0x9ffe, []byte{0xb8, 1}))
				if tt.user {
					ring3(c)
				}
				c.RIP = tt.rip
				m.Step(0)
				require.NoError(t, m.Err())
				got := k.last(t)
				require.EqualValues(t, x86.VecPF, got.Vector)
				require.Equal(t, tt.err|fetch, got.ErrCode)
				require.Equal(t, tt.cr2, got.CR2)
				require.Equal(t, tt.rip, c.RIP)
			})
		}
	})
}

// Non-canonical addresses: #GP(0), or #SS(0) where the stack is used; CR2 is left alone.
func TestP11NonCanonical(t *testing.T) {
	const bad = 1 << 62
	tests := []struct {
		name string
		code []byte
		rbx  uint64
		rsp  uint64
		vec  x86.Vector
	}{
		{"mov (rbx)", []byte{0x8b, 0x03}, bad, 0x8000, x86.VecGP},
		{"mov to (rbx)", []byte{0x89, 0x03}, bad, 0x8000, x86.VecGP},
		{"mov (rsp)", []byte{0x8b, 0x04, 0x24}, 0, bad, x86.VecSS},
		{"push rax", []byte{0x50}, 0, bad, x86.VecSS},
		{"push imm8", []byte{0x6a, 1}, 0, bad, x86.VecSS},
		{"push (rbx), stack bad", []byte{0xff, 0x33}, 0x5000, bad, x86.VecSS},
		{"push (rbx), operand bad", []byte{0xff, 0x33}, bad, 0x8000, x86.VecGP},
		{"pop (rbx), stack bad", []byte{0x8f, 0x03}, 0x5000, bad, x86.VecSS},
		{"call rel", []byte{0xe8, 0, 0, 0, 0}, 0, bad, x86.VecSS},
		{"ret", []byte{0xc3}, 0, bad, x86.VecSS},
		{"iretq", []byte{0x48, 0xcf}, 0, bad, x86.VecSS},
		{"lret", []byte{0xcb}, 0, bad, x86.VecSS},
		{"pop fs", []byte{0x0f, 0xa1}, 0, bad, x86.VecSS},
		{"mov (rbx),fs", []byte{0x8e, 0x23}, bad, 0x8000, x86.VecGP},
		{"lgdt (rbx)", []byte{0x0f, 0x01, 0x13}, bad, 0x8000, x86.VecGP},
		{"jmp to bad", []byte{0xff, 0xe3}, bad, 0x8000, x86.VecGP},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m, c, k := newTaken(t, x86.AMD64, tt.code...)
			c.GPR[x86.RBX], c.GPR[x86.RSP] = tt.rbx, tt.rsp
			m.Step(0)
			if len(k.traps) == 0 {
				m.Step(0)
			}
			require.NoError(t, m.Err())
			require.Equal(t, Trap{Vector: tt.vec, Kind: Exception, HasErr: true}, k.last(t))
			require.Zero(t, c.Sys.CR2)
		})
	}
}
