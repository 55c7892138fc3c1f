package x86

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

// SDM vol. 3, table 6-1: the exceptions that push an error code.
func TestErrorCodeVectors(t *testing.T) {
	for v := range 256 {
		var want bool
		switch v {
		case 8, 10, 11, 12, 13, 14, 17, 21:
			want = true
		}
		assert.Equal(t, want, Vector(v).HasErrorCode(), "vector %d", v)
	}
}

func TestVectorKinds(t *testing.T) {
	// P1: INT3 is a trap.
	assert.Equal(t, Trap, VecBP.Kind())
	assert.Equal(t, Trap, VecOF.Kind())
	assert.Equal(t, FaultOrTrap, VecDB.Kind())
	assert.Equal(t, Abort, VecDF.Kind())
	assert.Equal(t, Abort, VecMC.Kind())
	assert.Equal(t, Interrupt, VecNMI.Kind())
	assert.Equal(t, Interrupt, Vector(0x80).Kind())
	for _, v := range []Vector{VecDE, VecBR, VecUD, VecNM, VecTS, VecNP, VecSS, VecGP, VecPF, VecMF, VecAC, VecXM, VecVE, VecCP} {
		assert.Equal(t, Fault, v.Kind(), v)
	}
	assert.Equal(t, "#GP (13)", VecGP.String())
	assert.Equal(t, "general protection", VecGP.Name())
	assert.Equal(t, "NMI (2)", VecNMI.String())
	assert.Equal(t, "vector 128", Vector(128).String())
	assert.Equal(t, "vector 15", Vector(15).String())
	assert.Equal(t, "fault or trap", FaultOrTrap.String())
}

// P4: SDM vol. 3, table 6-5, every pair of exceptions.
func TestP4DoubleFaultTable(t *testing.T) {
	contributory := map[Vector]bool{VecDE: true, VecTS: true, VecNP: true, VecSS: true, VecGP: true, VecCP: true}
	pageFault := map[Vector]bool{VecPF: true, VecVE: true}
	for first := Vector(0); first < FirstUser; first++ {
		for second := Vector(0); second < FirstUser; second++ {
			want := Serial
			serious := contributory[second] || pageFault[second]
			switch {
			case first == VecDF && serious:
				want = TripleFault
			case contributory[first] && contributory[second]:
				want = DoubleFault
			case pageFault[first] && serious:
				want = DoubleFault
			}
			assert.Equal(t, want, Combine(first.Class(), second.Class()), "%v then %v", first, second)
		}
	}
	assert.Equal(t, Serial, Combine(Benign, VecGP.Class()), "int 13 is benign, whatever its vector")
	assert.Equal(t, Serial, Combine(VecGP.Class(), VecPF.Class()))
	assert.Equal(t, DoubleFault, Combine(VecPF.Class(), VecGP.Class()))
	assert.Equal(t, TripleFault, Combine(VecDF.Class(), VecNP.Class()))
	assert.Equal(t, "contributory", VecGP.Class().String())
}

func TestP3GateError(t *testing.T) {
	assert.Equal(t, uint32(1*8+2), GateError(VecDB, false).Encode())
	assert.Equal(t, uint32(0x80*8+2), GateError(0x80, false).Encode())
	assert.Equal(t, uint32(14*8+2+1), GateError(VecPF, true).Encode())
}

func TestSelectorError(t *testing.T) {
	for code, want := range map[uint32]SelectorError{
		0:      {},
		1:      {External: true},
		0x1A:   {Index: 3, Table: IDT},
		0x60:   {Index: 12},
		0x0C:   {Index: 1, Table: LDT},
		0x04:   {Table: LDT},
		0x6B:   {Index: 13, Table: IDT, External: true},
		0xFFF9: {Index: 8191, External: true},
	} {
		assert.Equal(t, want, DecodeSelectorError(code), "%#x", code)
		assert.Equal(t, code, want.Encode())
	}
	rapid.Check(t, func(t *rapid.T) {
		code := uint32(rapid.Uint16().Draw(t, "code"))
		again := DecodeSelectorError(code).Encode()
		if code&2 != 0 {
			code &^= 4 // TI means nothing beside IDT
		}
		assert.Equal(t, code, again)
	})
}

// SDM vol. 3, 4.7: the bits of #PF's error code.
func TestPageFaultError(t *testing.T) {
	assert.Equal(t, []PageFaultError{1, 2, 4, 8, 16, 32, 64},
		[]PageFaultError{PFProtection, PFWrite, PFUser, PFReserved, PFFetch, PFKey, PFShadow})
}
