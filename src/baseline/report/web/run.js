"use strict";
// The page is complete without this; it only adds the filter.
(() => {
  const input = document.getElementById("filter");
  const count = document.getElementById("count");
  const rows = Array.from(document.querySelectorAll("#rows tbody tr"));
  const texts = rows.map((row) => row.textContent.toLowerCase());
  const show = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    let shown = 0;
    rows.forEach((row, index) => {
      row.hidden = !words.every((word) => texts[index].includes(word));
      shown += row.hidden ? 0 : 1;
    });
    count.textContent = `${shown} of ${rows.length}`;
  };
  input.closest(".filter").hidden = false;
  input.addEventListener("input", show);
  show();
})();
