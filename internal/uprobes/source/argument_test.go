package source

import (
	"debug/dwarf"
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDebugInformationOfNoCompiler: types, bit fields and registers that no compiler writes are errors.
func TestDebugInformationOfNoCompiler(t *testing.T) {
	itself := &dwarf.ArrayType{Count: 2}
	itself.Type = itself
	require.Zero(t, sizeOf(itself))
	_, err := value{typ: itself}.element(1)
	require.NoError(t, err)

	word := &dwarf.UintType{BasicType: dwarf.BasicType{CommonType: dwarf.CommonType{ByteSize: 4, Name: "unsigned"}}}
	require.Equal(t, int64(24), sizeOf(&dwarf.ArrayType{Count: 2, Type: &dwarf.TypedefType{Type: &dwarf.ArrayType{Count: 3, Type: word}}}))
	for _, bad := range []value{
		{typ: &dwarf.UnspecifiedType{}, bits: &dwarf.StructField{BitSize: 3}},
		{typ: word, bits: &dwarf.StructField{BitSize: 1 << 62}},
		{typ: word, bits: &dwarf.StructField{BitSize: 1, DataBitOffset: -1}},
	} {
		_, _, err := bad.bitField()
		require.ErrorContains(t, err, "which no compiler writes")
	}

	for _, n := range []uint64{1 << 63, 1<<64 - 1} {
		pl, err := (&unit{}).evaluate(binary.AppendUvarint([]byte{opRegx}, n), 0)
		require.NoError(t, err)
		require.Equal(t, 1<<16, pl.register)
	}
}
