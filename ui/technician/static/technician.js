// Tells the kiosk that this page is on the glass, as the citizen's page does; without scripts the pages work all the same.
const tell = () => requestAnimationFrame(() => fetch('/technician/alive', {method: 'POST'}).catch(() => {}));
tell();
setInterval(tell, 5000);
