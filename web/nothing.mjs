// Columns of the table are not moved with the mouse, so that what would move them is left out.
export default {};
