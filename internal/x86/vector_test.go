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
	assert.Equal(t, "triple fault", Combine(VecDF.Class(), VecNP.Class()).String())
	assert.Equal(t, "contributory", VecGP.Class().String())
}

func TestP3GateError(t *testing.T) {
	assert.Equal(t, uint32(1*8+2), GateError(VecDB, false).Encode())
	assert.Equal(t, uint32(0x80*8+2), GateError(0x80, false).Encode())
	assert.Equal(t, uint32(14*8+2+1), GateError(VecPF, true).Encode())
}

func TestSelectorError(t *testing.T) {
	for code, text := range map[uint32]string{
		0:      "none",
		1:      "none, external",
		0x1A:   "IDT vector 3",
		0x60:   "GDT entry 12",
		0x0C:   "LDT entry 1",
		0x04:   "LDT entry 0",
		0x6B:   "IDT vector 13, external",
		0xFFF9: "GDT entry 8191, external",
	} {
		assert.Equal(t, text, DecodeSelectorError(code).String(), "%#x", code)
		assert.Equal(t, code, DecodeSelectorError(code).Encode())
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

func TestPageFaultError(t *testing.T) {
	for code, text := range map[PageFaultError]string{
		0:                                       "supervisor read, page absent",
		PFWrite | PFUser:                        "user write, page absent",
		PFProtection | PFUser | PFFetch:         "user fetch, protection",
		PFProtection | PFReserved:               "supervisor read, protection, reserved bit set",
		PFProtection | PFUser | PFWrite | PFKey: "user write, protection, protection key",
	} {
		assert.Equal(t, text, code.String())
	}
	assert.Equal(t, PageFaultError(0x15), PFProtection|PFUser|PFFetch)
}
