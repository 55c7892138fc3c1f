package traceuprobe

import (
	"testing"

	"trapline/internal/x86"
)

// The recorded instruction cases (U4, U6-U12, U16, E6): what the kernel said to the definition and to enabling, what the
// program printed with and without the probe, its trace line, the profile and the log.

func TestInstructionsAMD64(t *testing.T) {
	testCases(t, "insn64", "insn64o", readDir(t, "insn64"), machineOf{arch: x86.AMD64})
}

func TestInstructionsI386(t *testing.T) {
	testCases(t, "insn32", "insn32o", readDir(t, "insn32"), machineOf{arch: x86.I386})
}

// Later kernels on the same cases, and real processors.
func TestInstructionsElsewhere(t *testing.T) {
	native := []string{sectionLog} // that kernel's log was not readable
	t.Run("6.12", func(t *testing.T) {
		testCases(t, "insn64-6.12", "insn64o", readCollection(t, "other-kernels/insn64.qemu-6.12.txt.gz"), machineOf{arch: x86.AMD64})
	})
	t.Run("native 64", func(t *testing.T) {
		testCases(t, "insn64-native", "insn64o", readCollection(t, "other-kernels/insn64.native-6.18.txt"),
			machineOf{arch: x86.AMD64, processor: true, flags: "DBZff", unseen: native})
	})
	t.Run("native 32", func(t *testing.T) {
		testCases(t, "insn32-native", "insn32o", readCollection(t, "other-kernels/insn32.native-6.18.txt"),
			machineOf{arch: x86.AMD64, processor: true, flags: "DBZff", unseen: native})
	})
}

// U15: the 32-bit program under the 64-bit kernel.
func TestU15ProgramOf32BitsUnder64BitKernel(t *testing.T) {
	testCases(t, "insn32-on-x86_64", "insn32o", readCollection(t, "other-kernels/insn32.on-x86_64-6.1.txt.gz"), machineOf{arch: x86.AMD64})
}
