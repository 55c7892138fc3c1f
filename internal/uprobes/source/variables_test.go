package source

import (
	"debug/dwarf"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Types that contain themselves, which no compiler makes, end.
func TestTypesThatContainThemselves(t *testing.T) {
	pointer, name, constant := &dwarf.PtrType{}, &dwarf.TypedefType{}, &dwarf.QualType{Qual: "const"}
	pointer.Type, name.Type, constant.Type = pointer, name, constant
	require.Equal(t, "..."+strings.Repeat("*", maxNestedTypes), typeName(pointer))
	require.Equal(t, "...", typeName(constant))
	for _, cycle := range []dwarf.Type{name, constant} {
		require.IsType(t, &dwarf.UnspecifiedType{}, plain(cycle))
	}
}
