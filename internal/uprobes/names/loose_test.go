package names

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// Symbols that g++ 12 and rustc 1.95 gave, and what their sources call the functions.
func TestCloseness(t *testing.T) {
	const (
		color  = "_ZN3app2v15paintENS0_5ColorE"
		text   = "_ZN3app2v15paintERKNSt7__cxx1112basic_stringIcSt11char_traitsIcESaIcEEENS0_5ColorE"
		view   = "_ZN3app4showERKSt17basic_string_viewIcSt11char_traitsIcEE"
		owned  = "_ZN3app2v15paintESt10unique_ptrINS0_5ShapeESt14default_deleteIS2_EE"
		push   = "_ZN3app2v14RingIiLi4EE4pushEi"
		byRef  = "_ZNKR2FnclEi"
		sizes  = "_ZnwmRj"
		hidden = "_ZN12_GLOBAL__N_15outer6hiddenEi"
		square = "_ZN43_$LT$r..geo..Sq$u20$as$u20$r..geo..Area$GT$4area17hcc9ab7f852148344E"
		number = "_ZN1r46_$LT$impl$u20$r..geo..Area$u20$for$u20$i32$GT$4area17h989a8d141c0ad553E"
		stack  = "_ZN1r3geo14Stack$LT$T$GT$4push17h0123456789abcdefE"
		put    = "main.(*G[go.shape.int,go.shape.string]).put"
	)
	for _, c := range []struct {
		symbol, text string
		want         Closeness
	}{
		{color, "app::v1::paint(app::v1::Color)", Exact},
		{color, "app::v1::paint", Bare},
		{color, "paint", Ending},
		{color, "app::paint", Loose},
		{color, "app::paint(app::Color)", Loose},
		{color, "paint(Color)", Loose},
		{color, "app::v1::paint(Color)", Loose},
		{color, "v2::paint(Color)", None},
		{color, "app::paint(Colour)", None},
		{color, "v1::app::paint", None},
		{text, "app::v1::paint(const std::string &, app::v1::Color)", Bare},
		{text, "app::paint(std::string const&, Color)", Loose},
		{text, "app::paint(string const&, Color)", Loose},
		{text, "app::paint(std::string, Color)", None},
		{view, "app::show(const std::string_view &)", Bare},
		{view, "show(std::string_view const&)", Loose},
		{owned, "app::v1::paint(std::unique_ptr<app::v1::Shape>)", Bare},
		{owned, "app::paint(std::unique_ptr<Shape>)", Loose},
		{push, "app::v1::Ring<int, 4>::push", Bare},
		{push, "app::Ring<int,4>::push(int)", Loose},
		{push, "Ring::push", Ending},
		{push, "app::Ring::push", Loose},
		{push, "app::Ring<int, 5>::push", None},
		{push, "app::Ring::push(int32_t)", Loose},
		{byRef, "Fn::operator()(int) const &", Exact},
		{sizes, "operator new(size_t, unsigned&)", Loose},
		{sizes, "operator new(std::size_t, uint32_t&)", Loose},
		{sizes, "operator new(std::ssize_t, uint32_t&)", None},
		{hidden, "hidden", Ending},
		{hidden, "outer::hidden(int)", Ending},
		{square, "<r::geo::Sq as r::geo::Area>::area", Exact},
		{square, "<Sq as Area>::area", Loose},
		{square, "<geo::Sq as geo::Area>::area", Loose},
		{square, "<Ci as Area>::area", None},
		{square, "geo::Sq::area", Ending},
		{number, "r::<impl r::geo::Area for i32>::area", Exact},
		{number, "<i32 as r::geo::Area>::area", Exact},
		{number, "<i32 as geo::Area>::area", Loose},
		{number, "i32::area", Plain},
		{number, "r::geo::Area::area", OfTrait},
		{stack, "r::geo::Stack<T>::push", Exact},
		{stack, "geo::Stack::push", Loose},
		{stack, "geo::Stack::<T>::push", Loose},
		{stack, "geo::Stack<T>::push", Ending},
		{put, "main.(*G[...]).put", Unqualified},
		{put, "main.(*G).put", Bare},
		{put, "main.G.put", Plain},
	} {
		n, ok := Of(c.symbol)
		require.True(t, ok, c.symbol)
		q := NewQuery(c.text)
		got := q.Matches(n)
		if got == None && q.Loosely(n) {
			got = Loose
		}
		assert.Equal(t, c.want, got, "%s for %s", c.text, n.Full)
		assert.True(t, got == None || q.May(c.symbol), "%s: the hint leaves %s out", c.text, c.symbol)
	}
	for symbol, want := range map[string]string{
		text:  "app::v1::paint(std::string const&, app::v1::Color)",
		owned: "app::v1::paint(std::unique_ptr<app::v1::Shape>)",
		view:  "app::show(std::string_view const&)",
	} {
		n, _ := Of(symbol)
		assert.Equal(t, want, n.Readable())
		assert.Less(t, NewQuery(want).Matches(n), Plain, "what is shown can be typed")
	}
}
