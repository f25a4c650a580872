/* widget id: QLDEMOJ001 — loads nothing here */
window.jivo_widget_id="QLDEMOJ001";
